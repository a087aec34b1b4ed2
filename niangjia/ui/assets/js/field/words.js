// Days and hours as they are said.
const two = (number) => String(number).padStart(2, "0");
export const isoDay = (day) => `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
export const weekday = (iso) => "日一二三四五六"[new Date(`${iso}T12:00`).getDay()];
export const dayWords = (iso) => (iso ? `${Number(iso.slice(5, 7))}月${Number(iso.slice(8, 10))}日` : "");
export const clock = (iso) => {
  if (!iso) return "";
  const at = new Date(iso);
  return `${dayWords(isoDay(at))} ${two(at.getHours())}:${two(at.getMinutes())}`;
};

// What a field of type datetime-local shows, and what it means.
export const toField = (iso) => {
  if (!iso) return "";
  const at = new Date(iso);
  return `${isoDay(at)}T${two(at.getHours())}:${two(at.getMinutes())}`;
};
export const fromField = (text) => {
  const at = new Date(text);
  return text && !Number.isNaN(at.getTime()) ? at.toISOString() : null;
};

// One component out of several files; a getter stays one.
export const mixed = (...parts) => parts.reduce((whole, part) => Object.defineProperties(whole, Object.getOwnPropertyDescriptors(part)), {});
