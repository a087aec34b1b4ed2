// The Chinese font for documents: printed pages must show every name, on machines without fonts too.
import { copyFileSync, mkdirSync } from "node:fs";

const source = "node_modules/@expo-google-fonts/noto-sans-sc";
const target = "niangjia/ui/static/dist/fonts";

mkdirSync(target, { recursive: true });
copyFileSync(`${source}/400Regular/NotoSansSC_400Regular.ttf`, `${target}/NotoSansSC-Regular.ttf`);
copyFileSync(`${source}/700Bold/NotoSansSC_700Bold.ttf`, `${target}/NotoSansSC-Bold.ttf`);
