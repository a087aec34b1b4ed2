// The desk's script: htmx for parts of a page, Alpine's CSP build for small behaviour, both under a strict policy.
import htmx from "htmx.org";
import Alpine from "@alpinejs/csp";
import "./alarms.js";
import "./dialogs.js";
import "./display.js";
import "./drawer.js";
import "./drop.js";
import "./keys.js";
import "./outbox/leaving.js";
import "./requests.js";
import "./shortcuts.js";
import elapsed from "./elapsed.js";
import intake from "./intake.js";
import listing from "./listing.js";
import picker from "./picker.js";
import popup from "./popup.js";
import search from "./search.js";
import toast from "./toast.js";

window.htmx = htmx;
Alpine.data("elapsed", elapsed);
Alpine.data("intake", intake);
Alpine.data("listing", listing);
Alpine.data("picker", picker);
Alpine.data("popup", popup);
Alpine.data("search", search);
Alpine.data("toast", toast);
Alpine.start();
