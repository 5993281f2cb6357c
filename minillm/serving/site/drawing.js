// Bars and tokens. What comes from a text is only ever put in as text, never as HTML.
import { percent, say } from "./words.js";

export function element(name, text = "", className = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}

// Blanks and line ends of a token, so that they can be seen.
export function visible(text) {
  const shown = text.replace(/\n/g, "⏎").replace(/\t/g, "⇥").replace(/^ | $/g, "␣");
  return shown === "" ? "∅" : shown;
}

// One row for each of {name, p}; the one that is said is bold.
export function bars(list, rows, said = null) {
  list.replaceChildren(
    ...rows.map(({ name, p }) => {
      const row = element("li", "", name === said ? "said" : "");
      const track = element("span", "", "track");
      const bar = element("span", "", "bar");
      track.setAttribute("aria-hidden", "true");
      bar.style.width = `${100 * p}%`;
      track.append(bar);
      row.append(element("span", name, "name"), track, element("span", percent(p), "p"));
      return row;
    }),
  );
}

export function chips(list, tokens) {
  list.replaceChildren(
    ...tokens.map((token) => {
      const item = document.createElement("li");
      const chip = element("span", visible(token.text), token.known ? "" : "unknown");
      if (!token.known) {
        chip.title = say("unknown_token");
      }
      chip.append(element("small", String(token.id)));
      item.append(chip);
      return item;
    }),
  );
}

// What is said above the tokens: how many, how many unknown, how many cut off.
export function counted(tokens, cut) {
  const unknown = tokens.filter((token) => !token.known).length;
  const told = [say("counted", { n: tokens.length })];
  if (unknown) {
    told.push(say("unknown", { n: unknown }));
  }
  if (cut) {
    told.push(say("left_out", { n: cut }));
  }
  return told.join(say("counted").startsWith("共") ? "；" : "; ");
}
