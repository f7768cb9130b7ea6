// Questions in Chromium with a stand-in for a language model: `ask.mjs BINARY` checks one claim after the other.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { check, eventually, start } from "./start.mjs";

const MODES = ["text", "semantic", "graph", "deep"];

/** Answers that are being told; `hold` keeps them from ending. */
const open = new Set();
let hold = false;

/** Speaks as Ollama does. */
const model = createServer(async (request, response) => {
  const json = (value) => response.setHeader("content-type", "application/json").end(JSON.stringify(value));
  if (request.url === "/api/version") return json({ version: "0.12.0" });
  if (request.url === "/api/tags") return json({ models: [{ name: "stand-in", modified_at: "2026-01-31T09:05:00Z", size: 1 }] });
  if (request.url !== "/api/chat") return response.writeHead(404).end();
  for await (const _ of request);
  open.add(response);
  response.on("close", () => open.delete(response));
  const line = (value) => response.write(`${JSON.stringify(value)}\n`);
  line({ message: { role: "assistant", content: "It begins" }, done: false });
  if (hold) return;
  line({ message: { content: " and ends." }, done: false });
  response.end(`${JSON.stringify({ message: { content: "" }, done: true, done_reason: "stop" })}\n`);
}).listen(0, "127.0.0.1");
await new Promise((ok) => model.once("listening", ok));

const started = await start(process.argv[2], { OLLAMA_HOST: `http://127.0.0.1:${model.address().port}`, LLM_MODEL: "stand-in" });
const { base, call, complaints } = started;
const page = await started.open();
const answers = page.locator("article.answer");

async function ask(mode, question) {
  await page.getByRole("radio", { name: mode, exact: true }).check({ force: true });
  await page.locator("#question").fill(question);
  await page.keyboard.press("Enter");
}

const claims = {
  async "each of the four modes is asked for and named with its answer"() {
    await call("/api/v1/sample", {});
    await page.goto(`${base}/#/ask`);
    await page.locator(".suggest").waitFor();
    const means = new Set();
    for (const [at, mode] of MODES.entries()) {
      await ask(mode, `What feeds marts.daily_revenue, ${mode}?`);
      means.add(await page.locator("#means").innerText());
      const answer = answers.nth(at);
      await answer.locator(".meta", { hasText: ` ${mode} · ` }).waitFor();
      await answer.locator(".badge.model", { hasText: "stand-in" }).waitFor();
      assert.match(await answer.locator(".markdown").textContent(), /It begins and ends\./);
    }
    assert.equal(means.size, MODES.length, "each says what it answers from");
    const { session } = Object.fromEntries(new URLSearchParams(new URL(page.url()).hash.split("?")[1]));
    const { messages } = JSON.parse(await call(`/api/chat/sessions/${session}`));
    assert.equal(messages.length, 2 * MODES.length);
  },

  async "an answer is shown as it comes, and stopped the model stops too"() {
    hold = true;
    const stop = page.getByRole("button", { name: "Stop" });
    await ask("graph", "What reads raw.orders?");
    const answer = answers.nth(MODES.length);
    await answer.locator(".markdown", { hasText: "It begins" }).waitFor();
    assert.equal(open.size, 1);
    await stop.click();
    await answer.locator(".meta", { hasText: "Stopped." }).waitFor();
    await stop.waitFor({ state: "hidden" });
    assert.match(await answer.locator(".markdown").textContent(), /It begins/);
    await eventually(() => open.size === 0);
    hold = false;
    await answer.getByRole("button", { name: "Ask again" }).click();
    await answers
      .nth(MODES.length + 1)
      .locator(".markdown", { hasText: "It begins and ends." })
      .waitFor();
  },

  async "nothing was complained of in its console"() {
    assert.deepEqual(complaints, []);
  },
};

try {
  await check(started, claims);
} finally {
  model.close();
  model.closeAllConnections();
}
