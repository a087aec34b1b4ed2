// A phone's photo has ten times the pixels that anybody needs. What the browser can't read goes as it is.
const WIDEST = 1600;
const THUMB = 160;

const drawn = (picture, widest) => {
  const scale = Math.min(1, widest / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const ink = canvas.getContext("2d");
  ink.fillStyle = "#fff"; // a JPEG has no glass
  ink.fillRect(0, 0, canvas.width, canvas.height);
  ink.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
};

const named = (name) => `${(name || "photo").replace(/\.\w{1,5}$/, "")}.jpg`;

// { blob, name, thumb, readable }: `thumb` is a data address, since the page's policy shows no other.
export async function scaled(file) {
  let picture;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return { blob: file, name: file.name || "photo", thumb: "", readable: false };
  }
  try {
    const thumb = drawn(picture, THUMB).toDataURL("image/jpeg", 0.7);
    const small = await new Promise((done) => drawn(picture, WIDEST).toBlob(done, "image/jpeg", 0.82));
    const as_is = file.type === "image/jpeg" && Math.max(picture.width, picture.height) <= WIDEST && file.size <= (small?.size ?? 0);
    return small && !as_is ? { blob: small, name: named(file.name), thumb, readable: true } : { blob: file, name: file.name || "photo.jpg", thumb, readable: true };
  } finally {
    picture.close();
  }
}
