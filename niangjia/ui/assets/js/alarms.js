// The desk sounds while an alarm rings for whoever sits here: two tones every three seconds, until it is taken.
// Browsers let a page sound only after somebody touched it: the first key or click arms it, until then a line says so.
const EVERY = 3000;
const HUSH = 120000;
const KEY = "hushed-until";

let audio = null;
let timer = null;
const title = document.title;

const alarms = () => document.querySelectorAll("#alarms [data-sounds]");
const hushed = () => Number(sessionStorage.getItem(KEY) || 0) > Date.now();

function arm() {
  audio ??= new (window.AudioContext || window.webkitAudioContext)();
  if (audio.state === "suspended") audio.resume().then(show);
  show();
}

function tone(pitch, from) {
  const [voice, volume] = [audio.createOscillator(), audio.createGain()];
  voice.frequency.value = pitch;
  volume.gain.setValueAtTime(0.0001, from);
  volume.gain.exponentialRampToValueAtTime(0.4, from + 0.03);
  volume.gain.exponentialRampToValueAtTime(0.0001, from + 0.35);
  voice.connect(volume).connect(audio.destination);
  voice.start(from);
  voice.stop(from + 0.4);
}

function sound() {
  show();
  if (!alarms().length || hushed() || audio?.state !== "running") return;
  tone(880, audio.currentTime);
  tone(660, audio.currentTime + 0.4);
  const box = document.getElementById("alarms");
  box.dataset.rang = Number(box.dataset.rang || 0) + 1;
}

function show() {
  const ringing = alarms().length > 0;
  const silent = ringing && !hushed() && audio?.state !== "running";
  for (const line of document.querySelectorAll("#alarms [data-arm]")) line.hidden = !silent;
  for (const button of document.querySelectorAll("#alarms [data-hush]")) button.setAttribute("aria-pressed", String(hushed()));
  document.documentElement.toggleAttribute("data-ringing", ringing);
  document.title = ringing ? `【紧急】${title}` : title;
}

function watch() {
  if (alarms().length && !timer) {
    timer = setInterval(sound, EVERY);
    sound();
  } else if (!alarms().length && timer) {
    clearInterval(timer);
    timer = null;
  }
  show();
}

// What lies behind a modal dialog is not read out: it is said within.
function tell() {
  for (const word of document.querySelectorAll("[data-alarm-word]")) word.remove();
  const dialog = [...document.querySelectorAll("dialog:modal")].at(-1);
  const titles = [...alarms()].map((alarm) => alarm.querySelector("a").textContent);
  if (!dialog || !titles.length) return;
  const word = document.createElement("p");
  word.className = "sr-only";
  word.dataset.alarmWord = "";
  word.setAttribute("role", "alert");
  dialog.append(word);
  word.textContent = `紧急提醒：${titles.join("；")}。关闭这个窗口后处理。`;
}

// htmx gives the focus back by id, but not into what is folded.
let held = null;

function keep() {
  const more = document.querySelector(".alarms-more");
  held = more?.open ? { id: more.contains(document.activeElement) ? document.activeElement.id : "" } : null;
}

function giveBack() {
  const more = held && document.querySelector(".alarms-more");
  if (!more) return;
  more.open = true;
  if (held.id) document.getElementById(held.id)?.focus();
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();

function start() {
  if (!document.getElementById("alarms")) return;
  for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, arm);
  // A page that was reached by a click may sound at once; it stays silent where it may not.
  if (navigator.userActivation?.hasBeenActive) arm();
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-hush]")) return;
    if (hushed()) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, String(Date.now() + HUSH));
    show();
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "alarms") keep();
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "alarms") return;
    giveBack();
    watch();
    tell();
  });
}
