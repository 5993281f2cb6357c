// What is asked, when, and where the answers go.
import { Told, ask, lines, reason, refusal, requireNumber, words } from "./asking.js";
import { bars, chips, counted, visible } from "./drawing.js";
import { listen, redraw, showAttention } from "./maps.js";
import { say, sayAll, speak, spoken } from "./words.js";

const byId = (id) => document.getElementById(id);
const found = new URLSearchParams(location.search);
let model = null;
let answers = {}; // kind of question -> the last answer
let writing = null; // what can stop the text that is being written
let note = ["", {}]; // what is said of that text: the word, and what is filled in
let message = [() => "", false]; // what is said of the request, and whether it is an error
let asked = 0; // how often one has looked: older answers that come late are not shown

// What ``make`` says, again when the language is changed.
function tell(make, error = false) {
  message = [make, error];
  byId("message").textContent = make();
  byId("message").classList.toggle("error", error);
}

function about() {
  if (model === null) {
    return;
  }
  const known = { ...model, kind: say(model.kind), parameters: model.parameters.toLocaleString("en") };
  const title = model.name ? `${model.name}: ` : "";
  byId("model").removeAttribute("data-word");
  byId("model").textContent = title + say("model", known);
}

function noted(word, values = {}) {
  note = [word, values];
  byId("written-note").textContent = word && say(word, values);
}

function given() {
  return { text: byId("text").value, cut: byId("cut").checked };
}

// Everything that this model can say about the text.
async function look() {
  const turn = (asked += 1);
  tell(() => say("working"));
  try {
    const kinds = ["tokens", "classify", "next"].filter((kind) => model.can.includes(kind));
    const layer = Number(byId("layer").value);
    const told = await Promise.all([
      ...kinds.map((kind) => ask(kind, given()).then((answer) => answer.json())),
      ask("attention", { ...given(), layer }).then((answer) => answer.json()),
    ]);
    if (turn === asked) {
      answers = Object.fromEntries([...kinds, "attention"].map((kind, i) => [kind, told[i]]));
      tell(() => "");
      show();
      showAttention(answers.attention);
    }
  } catch (error) {
    if (turn === asked) {
      answers = {};
      show();
      tell(words(error, "gone"), true);
    }
  }
}

function show() {
  const { tokens, classify, next, attention } = answers;
  if (tokens) {
    byId("tokens-note").textContent = counted(tokens.tokens, tokens.cut);
    chips(byId("token-list"), tokens.tokens);
  }
  if (classify) {
    byId("label").textContent = say("label", { label: classify.label });
    bars(byId("class-bars"), classify.classes.map((c) => ({ name: c.label, p: c.p })), classify.label);
  }
  if (next) {
    const rows = next.next.map((one) => ({ name: visible(one.text), p: one.p }));
    bars(byId("next-bars"), [...rows, { name: say("others"), p: next.others }]);
  }
  for (const [id, answer] of Object.entries({ tokens, classes: classify, next, attention })) {
    byId(id).hidden = !answer;
  }
}

function settings() {
  const wanted = { ...given(), stream: true };
  for (const id of ["length", "seed", "temperature", "top_k", "top_p"]) {
    const drawing = !["length", "seed"].includes(id);
    if (drawing && byId("greedy").checked) {
      continue;
    }
    requireNumber(byId(id));
    if (byId(id).value !== "") {
      wanted[id] = Number(byId(id).value);
    }
  }
  wanted.greedy = byId("greedy").checked;
  if (byId("chat").checked) {
    wanted.chat = true;
  }
  return wanted;
}

async function write() {
  writing?.abort();
  let wanted = {};
  try {
    wanted = settings();
  } catch (error) {
    tell(words(error, "gone"), true);
    return;
  }
  const mine = (writing = new AbortController());
  byId("written").hidden = byId("stop").hidden = false;
  byId("prompt").textContent = byId("chat").checked ? "" : byId("text").value;
  byId("new").textContent = "";
  noted("writing");
  tell(() => "");
  let last = {};
  try {
    const answer = await ask("generate", wanted, mine.signal);
    for await (const line of lines(answer.body)) {
      byId("new").textContent += line.piece ?? "";
      last = line;
    }
    if (!last.done) {
      throw new Told(() => (last.error ? reason(last, 500) : say("broken_off")));
    }
    noted(last.stopped ? "ended" : "full", last);
  } catch (error) {
    if (mine === writing) {
      const stopped = error.name === "AbortError";
      noted(stopped ? "stopped" : "");
      if (!stopped) {
        tell(words(error, last.piece === undefined ? "gone" : "broken_off"), true);
      }
    }
  }
  if (mine === writing) {
    byId("stop").hidden = true;
  }
}

function changeLanguage(name) {
  speak(name);
  sayAll();
  byId("language").textContent = say("other");
  byId("language").lang = spoken() === "zh" ? "en" : "zh";
  about();
  noted(...note);
  tell(...message);
  show();
  redraw();
}

// What the model cannot do is not shown.
function fit() {
  const writes = model.can.includes("generate");
  byId("write").hidden = byId("settings").hidden = !writes;
  byId("chat-label").hidden = !model.can.includes("chat");
  byId("length").max = model.max_new_tokens ?? 1;
  byId("top_k").max = model.vocabulary;
  for (let layer = 0; layer < model.layers; layer += 1) {
    const option = new Option(String(layer + 1), String(layer));
    byId("layer").append(option);
  }
  byId("layer").value = String(model.layers - 1);
}

async function load() {
  try {
    const answer = await fetch("/api/model");
    if (answer.status === 503) {
      setTimeout(load, 500);
      return;
    }
    if (!answer.ok) {
      tell((await refusal(answer)).make, true);
      return;
    }
    model = await answer.json();
  } catch {
    tell(() => say("gone"), true);
    setTimeout(load, 3000);
    return;
  }
  tell(() => "");
  fit();
  about();
  byId("look").disabled = byId("write").disabled = false;
  if (byId("text").value) {
    await look();
    if (found.has("write") && model.can.includes("generate")) {
      await write();
    }
  }
}

function start() {
  changeLanguage(found.get("lang") ?? (navigator.language.startsWith("zh") ? "zh" : "en"));
  byId("text").value = found.get("text") ?? "";
  byId("look").disabled = byId("write").disabled = true;
  listen();
  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    look();
  });
  byId("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && model) {
      look();
    }
  });
  byId("layer").addEventListener("change", look);
  byId("write").addEventListener("click", write);
  byId("stop").addEventListener("click", () => writing?.abort());
  byId("language").addEventListener("click", () => changeLanguage(spoken() === "zh" ? "en" : "zh"));
  load();
}

start();
