// What every task page runs. A kind's own script imports from ./work.js and ./draft.js, so that these
// exist once, whatever the files are called in production.
import "./work.js";
import "./draft.js";
import "./activity.js";
import "./cite.js";
import "./clause-links.js";
import "./notes.js";
import "./keys.js";
