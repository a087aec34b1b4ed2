// 走访: the page in an officer's pocket, at the employer, with a network or without.
import Alpine from "@alpinejs/csp";
import "../pocket.js";
import choosing from "./choosing.js";
import page from "./page.js";
import { mixed } from "./words.js";
import writing from "./writing.js";

Alpine.data("field", () => mixed(page(), writing(), choosing()));
Alpine.start();
