// What the outbox holds, in IndexedDB: drafts, their photos, and what was last heard from the server.
const NAME = "niangjia-outbox";
const VERSION = 1;
let opened;

const answered = (request) =>
  new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });

function database() {
  opened ??= new Promise((done, failed) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const db = request.result;
      db.createObjectStore("drafts", { keyPath: "id" }).createIndex("of", ["owner", "box"]);
      db.createObjectStore("photos", { keyPath: "id" }).createIndex("draft", "draft");
      db.createObjectStore("kept", { keyPath: ["owner", "name"] });
    };
    request.onsuccess = () => {
      // Another tab with a newer release may change the rows; this one opens them anew.
      request.result.onversionchange = () => {
        request.result.close();
        opened = undefined;
      };
      // A phone short of memory closes it behind the page's back.
      request.result.onclose = () => {
        opened = undefined;
      };
      done(request.result);
    };
    request.onerror = () => {
      opened = undefined;
      failed(request.error);
    };
  });
  return opened;
}

// Full: nothing more goes in. `work` gets the stores and gives back a request or a promise of requests of its own.
export class Full extends Error {}

export async function within(names, mode, work) {
  const db = await database();
  // strict: on the disk before it counts as kept, for a battery that dies.
  const transaction = db.transaction(names, mode, { durability: "strict" });
  const over = new Promise((done, failed) => {
    transaction.oncomplete = done;
    transaction.onabort = () =>
      failed(transaction.error?.name === "QuotaExceededError" ? new Full() : transaction.error);
  });
  over.catch(() => {}); // told below
  try {
    const result = await work(...names.map((name) => transaction.objectStore(name)));
    await over;
    return result;
  } catch (error) {
    if (error?.name === "QuotaExceededError") throw new Full();
    throw error ?? new Error("aborted");
  }
}

export const draftsOf = (owner, box) =>
  within(["drafts"], "readonly", (drafts) => answered(drafts.index("of").getAll(IDBKeyRange.only([owner, box]))));

export const everyDraft = () => within(["drafts"], "readonly", (drafts) => answered(drafts.getAll()));

export const draft = (id) => within(["drafts"], "readonly", (drafts) => answered(drafts.get(id)));

export const put = (row) => within(["drafts"], "readwrite", (drafts) => answered(drafts.put(row)));

// Reads, changes and writes in one go; `change` gives the new row, or nothing to leave it. Answers the row as it is then.
export const change = (id, changed) =>
  within(["drafts"], "readwrite", async (drafts) => {
    const row = await answered(drafts.get(id));
    const wanted = row && changed(row);
    if (wanted) await answered(drafts.put(wanted));
    return wanted || row;
  });

export const photosOf = (id) =>
  within(["photos"], "readonly", (photos) => answered(photos.index("draft").getAll(IDBKeyRange.only(id))));

// With its draft, as long as `may` says so of it; answers whether it was kept.
export const putPhoto = (row, may) =>
  within(["drafts", "photos"], "readwrite", async (drafts, photos) => {
    const of = await answered(drafts.get(row.draft));
    if (!of || !may(of)) return false;
    await answered(photos.put(row));
    return true;
  });

export const dropPhoto = (id) => within(["photos"], "readwrite", (photos) => answered(photos.delete(id)));

const withoutPhotos = async (photos, id) => {
  for (const key of await answered(photos.index("draft").getAllKeys(IDBKeyRange.only(id)))) photos.delete(key);
};

export const drop = (id) =>
  within(["drafts", "photos"], "readwrite", async (drafts, photos) => {
    await withoutPhotos(photos, id);
    await answered(drafts.delete(id));
  });

// Delivered: what was said and seen leaves the phone, a line stays.
export const deliver = (id, line) =>
  within(["drafts", "photos"], "readwrite", async (drafts, photos) => {
    await withoutPhotos(photos, id);
    await answered(drafts.put(line));
  });

export const keep = (owner, name, value) =>
  within(["kept"], "readwrite", (kept) => answered(kept.put({ owner, name, value, at: Date.now() })));

export const kept = (owner, name) =>
  within(["kept"], "readonly", (store) => answered(store.get([owner, name]))).then((row) => row?.value);
