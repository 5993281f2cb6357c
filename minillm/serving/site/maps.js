// The heads of one layer as small maps; one of them large, by token, and as a table.
import { element, visible } from "./drawing.js";
import { percent, say } from "./words.js";

const byId = (id) => document.getElementById(id);
let shown = null; // the last answer of /api/attention
let head = 0;
let looker = 0;

export function showAttention(answer) {
  shown = answer;
  head = Math.min(head, answer.heads.length - 1);
  looker = answer.tokens.length - 1;
  redraw();
}

// All of it again, in the language that is spoken.
export function redraw() {
  if (shown === null) {
    return;
  }
  const small = shown.heads.map((weights, n) => {
    const button = element("button", say("head", { n: n + 1 }));
    const canvas = document.createElement("canvas");
    button.type = "button";
    button.setAttribute("role", "radio");
    canvas.setAttribute("aria-hidden", "true");
    paint(canvas, weights, 1);
    button.prepend(canvas);
    button.addEventListener("click", () => choose(n));
    button.addEventListener("keydown", (event) => move(event, n, shown.heads.length, choose));
    return button;
  });
  byId("heads").replaceChildren(...small);
  choose(head, false);
}

function choose(n, focus = true) {
  head = n;
  [...byId("heads").children].forEach((button, i) => roving(button, i === n, focus));
  byId("head-name").textContent = say("head", { n: n + 1 });
  const side = Math.max(4, Math.min(24, Math.floor(480 / shown.tokens.length)));
  paint(byId("map"), shown.heads[n], side);
  byId("lookers").replaceChildren(
    ...shown.tokens.map((token, i) => {
      const item = document.createElement("li");
      const button = element("button", visible(token.text), token.known ? "" : "unknown");
      button.type = "button";
      button.addEventListener("click", () => look(i));
      button.addEventListener("keydown", (event) => move(event, i, shown.tokens.length, look));
      item.append(button);
      return item;
    }),
  );
  look(looker, false);
  byId("table").replaceChildren();
  fillTable();
}

// Arrow keys go from one of a group to the next; Tab leaves the group.
function move(event, n, length, go) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    go((n + step + length) % length);
  }
}

function roving(button, chosen, focus) {
  button.tabIndex = chosen ? 0 : -1;
  button.setAttribute("aria-checked", String(chosen));
  if (chosen && focus) {
    button.focus();
  }
}

// What the token in one row looks at.
function look(row, focus = true) {
  looker = row;
  const weights = shown.heads[head][row];
  [...byId("lookers").children].forEach((item, i) => {
    const button = item.firstElementChild;
    button.querySelectorAll(".share, small").forEach((old) => old.remove());
    const share = element("span", "", "share");
    share.style.width = `${2.6 * weights[i]}rem`;
    button.append(element("small", percent(weights[i])), share);
    button.classList.toggle("looker", i === row);
    button.tabIndex = i === row ? 0 : -1;
    button.setAttribute("aria-pressed", String(i === row));
    if (i === row && focus) {
      button.focus();
    }
  });
  const best = weights.map((p, i) => [p, i]).sort((a, b) => b[0] - a[0]).slice(0, 3);
  const list = best.map(([p, i]) => `${name(i)} ${percent(p)}`).join(", ");
  byId("looked").textContent = say("looks", { from: name(row), list });
}

function name(i) {
  return visible(shown.tokens[i].text);
}

// A cell is as dark as its weight, as a share of the largest in its row; on a dark page as light.
// In a long text all weights are small: by themselves they could hardly be seen.  The largest of
// the whole map would be 1 wherever a first token can look at nothing but itself.
export function paint(canvas, weights, side) {
  const n = weights.length;
  const ink = getComputedStyle(document.body).color;
  canvas.width = canvas.height = n * side;
  const context = canvas.getContext("2d");
  context.fillStyle = ink;
  for (let i = 0; i < n; i += 1) {
    const largest = Math.max(...weights[i]);
    for (let j = 0; j < n; j += 1) {
      context.globalAlpha = weights[i][j] / largest;
      context.fillRect(j * side, i * side, side, side);
    }
  }
  context.globalAlpha = 0.5;
  context.strokeStyle = ink;
  if (side > 1) {
    context.strokeRect(0.5, 0.5, n * side - 1, n * side - 1);
  }
}

function cellOf(event) {
  const box = byId("map").getBoundingClientRect();
  const n = shown.tokens.length;
  const place = (at, start, size) => Math.floor(((at - start) / size) * n);
  const row = place(event.clientY, box.top, box.height);
  const column = place(event.clientX, box.left, box.width);
  return [row, column].every((i) => i >= 0 && i < n) ? [row, column] : null;
}

function fillTable() {
  if (!byId("table-box").open || shown === null || byId("table").rows.length) {
    return;
  }
  const top = document.createElement("thead");
  const first = document.createElement("tr");
  first.append(element("th", say("from")), ...shown.tokens.map((_, i) => heading(i, "col")));
  top.append(first);
  const body = document.createElement("tbody");
  body.append(
    ...shown.heads[head].map((weights, i) => {
      const row = document.createElement("tr");
      row.append(heading(i, "row"), ...weights.map((p) => element("td", (100 * p).toFixed(0))));
      return row;
    }),
  );
  byId("table").append(top, body);
}

function heading(i, scope) {
  const made = element("th", name(i));
  made.scope = scope;
  return made;
}

export function listen() {
  byId("table-box").addEventListener("toggle", fillTable);
  byId("map").addEventListener("pointermove", (event) => {
    const cell = shown && cellOf(event);
    if (cell) {
      const [row, column] = cell;
      const p = percent(shown.heads[head][row][column]);
      byId("looked").textContent = say("cell", { from: name(row), to: name(column), p });
    }
  });
  byId("map").addEventListener("click", (event) => {
    const cell = shown && cellOf(event);
    if (cell) {
      look(cell[0]);
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}
