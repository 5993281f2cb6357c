// Everything that the page says, in both languages; {name} is filled in.
export const WORDS = {
  en: {
    loading: "The model is being loaded …",
    gone: "The server does not answer.",
    broken_off: "The answer has broken off.",
    unreadable: "The server answered with {status}, and nothing that can be read.",
    code_empty: "There is no text: not one token.",
    code_too_long: "The text has {n} tokens, at most {most} are read: shorten it, or tick “cut what is too long”.",
    code_too_large: "The text is too long to be sent: at most {most} bytes.",
    code_no_template: "This model has no template of conversations.",
    code_not_loaded: "The model is still being loaded: try again.",
    code_busy: "Too many ask at once: try again.",
    code_late: "It took too long: ask for less, or try again.",
    code_ending: "The server is ending.",
    number: "{name}: a number from {least} to {most} is needed.",
    whole_number: "{name}: a whole number from {least} to {most} is needed.",
    model: "{kind}, {parameters} parameters, layers: {layers}, heads in each: {heads}, tokens: at most {max_tokens}",
    "text classifier": "text classifier",
    "language model": "language model",
    other: "中文",
    text: "Your text",
    look: "Look",
    write: "Write on",
    cut: "cut what is too long",
    settings: "How it writes",
    length: "new tokens",
    temperature: "temperature",
    top_k: "top-k",
    top_p: "top-p",
    seed: "seed",
    greedy: "always the most probable token",
    chat: "as a message that is answered",
    working: "…",
    written: "Continuation",
    writing: "writing …",
    stop: "Stop",
    ended: "{count} tokens; it ended by itself",
    full: "{count} tokens; more were not asked for",
    stopped: "stopped",
    classes: "Classes",
    label: "It says: {label}",
    next: "Next token",
    others: "all others",
    tokens: "Tokens",
    counted: "{n} tokens, the number below each is its id",
    unknown: "dashed: {n} that the model does not know",
    left_out: "{n} were cut off",
    attention: "Attention",
    layer: "Layer",
    heads: "Heads",
    head: "Head {n}",
    heads_help: "A row is a token that looks, a column one that is looked at. What gets most of a row stands out most in it.",
    map_help: "Choose the token that looks: a bar under each other one shows how much of its attention that gets.",
    looks: "“{from}” looks at: {list}",
    cell: "“{from}” at “{to}”: {p}",
    as_table: "The numbers of this head as a table, in %",
    from: "looks ↓ at →",
    unknown_token: "unknown",
    refused: "This cannot be answered",
    failed: "This has failed",
    foot: "What is typed here stays between this page and its server.",
  },
  zh: {
    loading: "正在载入模型……",
    gone: "服务器没有应答。",
    broken_off: "回答中断了。",
    unreadable: "服务器的应答（{status}）无法读懂。",
    code_empty: "没有文本：一个词元也没有。",
    code_too_long: "文本有 {n} 个词元，最多读 {most} 个：请缩短，或勾选“截去过长的部分”。",
    code_too_large: "文本过长，无法发送：最多 {most} 字节。",
    code_no_template: "这个模型没有对话模板。",
    code_not_loaded: "模型还在载入，请稍后再试。",
    code_busy: "同时提问的太多，请稍后再试。",
    code_late: "用时过长：请减少要求，或稍后再试。",
    code_ending: "服务器正在结束。",
    number: "{name}：需要 {least} 到 {most} 之间的数。",
    whole_number: "{name}：需要 {least} 到 {most} 之间的整数。",
    model: "{kind}，{parameters} 个参数，{layers} 层，每层 {heads} 个头，最多 {max_tokens} 个词元",
    "text classifier": "文本分类器",
    "language model": "语言模型",
    other: "English",
    text: "你的文本",
    look: "查看",
    write: "续写",
    cut: "截去过长的部分",
    settings: "如何续写",
    length: "新词元数",
    temperature: "温度",
    top_k: "top-k",
    top_p: "top-p",
    seed: "随机种子",
    greedy: "总取概率最大的词元",
    chat: "当作一条要回答的消息",
    working: "……",
    written: "续写",
    writing: "正在写……",
    stop: "停止",
    ended: "{count} 个词元；模型自行结束",
    full: "{count} 个词元；已到所要的长度",
    stopped: "已停止",
    classes: "类别",
    label: "判为：{label}",
    next: "下一个词元",
    others: "其余所有词元",
    tokens: "词元",
    counted: "共 {n} 个词元，下方数字是编号",
    unknown: "虚线框：模型不认识的 {n} 个",
    left_out: "截去了 {n} 个",
    attention: "注意力",
    layer: "层",
    heads: "注意力头",
    head: "头 {n}",
    heads_help: "每行是发出注意的词元，每列是被注意的词元；每行中得到注意最多的一格最醒目。",
    map_help: "选一个词元：其余词元下方的横条表示它分给各词元多少注意。",
    looks: "“{from}”注意：{list}",
    cell: "“{from}”对“{to}”：{p}",
    as_table: "这个头的数值表（%）",
    from: "行注意列",
    unknown_token: "未知",
    refused: "无法回答这个请求",
    failed: "出错了",
    foot: "这里输入的内容只在本页与它的服务器之间传送。",
  },
};

let language = "en";

export function speak(name) {
  language = name === "zh" ? "zh" : "en";
}

export function knows(key) {
  return key in WORDS[language];
}

export function spoken() {
  return language;
}

export function say(key, values = {}) {
  const text = WORDS[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

// Every element with data-word, in the language that is spoken.
export function sayAll() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const one of document.querySelectorAll("[data-word]")) {
    one.textContent = say(one.dataset.word);
  }
  for (const one of document.querySelectorAll("[data-word-label]")) {
    one.setAttribute("aria-label", say(one.dataset.wordLabel));
  }
}

export function percent(p) {
  return `${(100 * p).toFixed(1)} %`;
}
