// The page's socket in Chromium: `browser.mjs BINARY` starts the server and checks one claim after the other.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { check, eventually, start } from "./start.mjs";

const started = await start(process.argv[2]);
const { base, browser, call, complaints } = started;
const broadcast = (type) => call("/api/v1/ws/broadcast", { type, data: null });
const page = await started.open();

// Every socket the page opens: where to, and what it is told.
const sockets = [];
page.on("websocket", (socket) => {
  const one = { query: new URL(socket.url()).searchParams, told: [] };
  socket.on("framereceived", ({ payload }) => one.told.push(JSON.parse(payload)));
  sockets.push(one);
});
await page.addInitScript(() => {
  const Native = WebSocket;
  window.WebSocket = class extends Native {
    constructor(url, ...how) {
      // Held, it comes to nothing.
      super(window.held ? new URL("nothing", url) : url, ...how);
      window.newestSocket = this;
    }
  };
});

const greeted = () => eventually(() => sockets.at(-1).told.length > 0);
const live = () => page.locator("#connection[data-state=live]").waitFor();
const shown = (text) => page.locator("#event-list li", { hasText: text }).first().waitFor();
const times = (text) => page.locator("#event-list li", { hasText: text }).count();

const claims = {
  async "the page is live and shows what happens, as it happens"() {
    await page.goto(base);
    await live();
    await page.locator("#welcome").waitFor();
    await page.getByRole("button", { name: "Load the sample warehouse" }).click();
    await shown(/^.*Read \d+ files/);
    const { total_nodes } = JSON.parse(await call("/api/v1/stats"));
    assert.ok(total_nodes > 0);
    await page.locator("[data-stat=total_nodes]", { hasText: total_nodes.toLocaleString("en-US") }).waitFor();
    await call("/api/chat/graph", { query: "What tables are in the database?" });
    await shown("Answered “What tables are in the database?”");
    await broadcast("a note");
    await shown("a note");
  },

  async "its socket resumes with what it missed, each once and in order"() {
    await page.evaluate(() => window.newestSocket.close());
    const notes = Array.from({ length: 50 }, (_, n) => `note ${n}.`);
    for (const note of notes) await broadcast(note);
    await shown(notes.at(-1));
    for (const note of notes) assert.equal(await times(note), 1, note);
    await eventually(() => sockets.at(-1).told.some(({ type }) => type === notes.at(-1)));
    const [before, after] = sockets.slice(-2);
    const { epoch } = before.told[0].data;
    assert.deepEqual([after.query.get("epoch"), after.told[0].data.epoch, after.told[0].data.recovered], [epoch, epoch, true]);
    const seqs = [before, after].flatMap(({ told }) => told.map(({ seq }) => seq).filter(Number.isInteger));
    assert.deepEqual(
      seqs,
      seqs.map((_, at) => seqs[0] + at),
    );
  },

  async "it comes back after a restart of the server"() {
    const { epoch } = sockets.at(-1).told[0].data;
    await call("/admin/restart", {});
    await page.locator("#connection[data-state=offline]").waitFor();
    await shown("The server is stopping or restarting");
    await live();
    await greeted();
    assert.notEqual(sockets.at(-1).told[0].data.epoch, epoch);
    await broadcast("after the restart");
    await shown("after the restart");
    assert.equal(await times("after the restart"), 1);
  },

  async "what happened while a restarted server was out of reach is shown too, each once and in order"() {
    await page.evaluate(() => (window.held = true));
    await call("/admin/restart", {});
    await page.locator("#connection[data-state=offline]").waitFor();
    // The old server drains, then the new one answers.
    await eventually(async () => {
      const answer = await fetch(`${base}/api/v1/stats`).catch(() => null);
      return answer?.ok && (await answer.json()).active_connections === 0;
    });
    for (const query of ["who feeds one?", "who feeds two?"]) await call("/api/chat/graph", { query });
    await page.evaluate(() => (window.held = false));
    await live();
    await shown("who feeds two?");
    assert.equal(await times("who feeds one?"), 1);
    assert.equal(await times("who feeds two?"), 1);
    const rows = await page.locator("#event-list li", { hasText: /who feeds|or restarting/ }).allTextContents();
    assert.deepEqual(
      rows.slice(0, 3).map((text) => /two|one|restarting/.exec(text)[0]),
      ["two", "one", "restarting"],
    );
  },

  async "another socket of the page is told what is wrong, and closed with 1009 for 64 KiB and one byte"() {
    const seen = await page.evaluate(
      (url) =>
        new Promise((ok) => {
          const seen = [];
          const socket = new WebSocket(url);
          socket.onopen = () =>
            ["{", "κόσμε", new Uint8Array(3), '{"type":"ping"}', "x".repeat(65_537)].forEach((said) => socket.send(said));
          socket.onmessage = ({ data }) => seen.push(JSON.parse(data).type);
          socket.onclose = ({ code, wasClean }) => ok({ seen, code, wasClean, extensions: socket.extensions });
        }),
      `${base.replace("http", "ws")}/api/v1/ws/dashboard`,
    );
    const answers = seen.seen.filter((type) => type === "error" || type === "pong");
    assert.deepEqual({ ...seen, seen: answers }, { seen: ["error", "error", "error", "pong"], code: 1009, wasClean: true, extensions: "" });
  },

  async "nothing was complained of in its console"() {
    // A server on its way down or up refuses for a moment; nobody can keep the browser from saying so.
    assert.deepEqual(
      complaints.filter((text) => !/^WebSocket connection to .* failed: /.test(text)),
      [],
    );
  },

  async "a page from elsewhere is refused"() {
    const elsewhere = createServer((_, response) => response.end("<!doctype html><title>elsewhere</title>")).listen(0, "127.0.0.1");
    await new Promise((ok) => elsewhere.once("listening", ok));
    const foreign = await browser.newPage();
    await foreign.goto(`http://127.0.0.1:${elsewhere.address().port}`);
    const url = `${base.replace("http", "ws")}/api/v1/ws/dashboard`;
    const seen = await foreign.evaluate(
      (url) =>
        new Promise((ok) => {
          const socket = new WebSocket(url);
          socket.onopen = () => ok("open");
          socket.onclose = ({ code }) => ok(code);
        }),
      url,
    );
    assert.equal(seen, 1006);
    assert.match(await call("/metrics"), /^headwater_websockets_refused_total\{reason="origin"\} 1$/m);
    elsewhere.close();
  },
};

await check(started, claims);
