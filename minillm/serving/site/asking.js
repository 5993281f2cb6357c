// Requests, and what is told where there is no answer: in the reader's language where it can be.
import { knows, say } from "./words.js";

// Something that is said to the reader; it can be said again in the other language.
export class Told extends Error {
  constructor(make) {
    super(make());
    this.make = make;
  }
}

export async function ask(kind, fields, signal) {
  const answer = await fetch(`/api/${kind}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(fields),
    signal,
  });
  if (!answer.ok) {
    throw await refusal(answer);
  }
  return answer;
}

// Why there is no answer.  What is no JSON comes from something between this page and its server.
export async function refusal(answer) {
  let told = {};
  try {
    told = await answer.json();
  } catch {
    return new Told(() => say("unreadable", { status: answer.status }));
  }
  return new Told(() => reason(told, answer.status));
}

export function reason(told, status) {
  if (knows(`code_${told.code}`)) {
    return say(`code_${told.code}`, told);
  }
  return `${say(status < 500 ? "refused" : "failed")}: ${told.error}`;
}

// How to say what went wrong, whatever it was.
export function words(error, otherwise) {
  return error instanceof Told ? error.make : () => say(otherwise);
}

// What is no number would be left out without a word: a browser gives it as nothing.
export function requireNumber({ id, min, max, step, validity }) {
  if (["badInput", "rangeUnderflow", "rangeOverflow", "stepMismatch"].some((name) => validity[name])) {
    const kind = step === "any" ? "number" : "whole_number";
    throw new Told(() => say(kind, { name: say(id), least: min, most: max }));
  }
}

// The objects of an answer that comes line by line.
export async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) {
      return;
    }
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const part of parts) {
      yield JSON.parse(part);
    }
  }
}
