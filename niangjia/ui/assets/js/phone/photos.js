// A photo of a telephone has ten times the pixels that anybody needs: smaller ones are through in seconds.
const WIDEST = 2400;
const SMALL = 1_000_000;

const smaller = async (file) => {
  if (file.type !== "image/jpeg" || file.size < SMALL) return file;
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, WIDEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = picture.width * scale;
  canvas.height = picture.height * scale;
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const made = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  return made && made.size < file.size ? new File([made], file.name, { type: made.type }) : file;
};

for (const input of document.querySelectorAll("input[data-photos]")) {
  input.addEventListener("change", async () => {
    const chosen = [...input.files];
    try {
      const kept = new DataTransfer();
      for (const file of chosen) kept.items.add(await smaller(file));
      if (input.files.length === chosen.length) input.files = kept.files;
    } catch {
      // As they are: the server says what it does not take.
    }
  });
}
