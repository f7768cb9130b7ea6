// A server of the binary and a browser to look at it, for the checks beside this file.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

// Only a broken build takes this long.
export const PATIENCE = 30_000;
const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What is checked, each by its claim. */
export async function check(binary, claims) {
  const begun = performance.now();
  try {
    for (const [claim, holds] of Object.entries(claims)) {
      await holds();
      console.log(`${((performance.now() - begun) / 1_000).toFixed(1).padStart(5)} s  ${claim}`);
    }
  } finally {
    await binary.end();
  }
}

/** Starts both, the server with these settings; `complaints` fills with what any page says in its console. */
export async function start(binary, settings = {}) {
  const folder = mkdtempSync(join(tmpdir(), "headwater-browser-"));
  const server = spawn(resolve(binary), ["--port", "0"], {
    cwd: folder,
    env: { ...process.env, OLLAMA_HOST: "off", SHUTDOWN_GRACE_SECS: "3", ...settings },
  });
  const base = await new Promise((ok, no) => {
    let log = "";
    server.on("exit", () => no(new Error(log)));
    for (const out of [server.stdout, server.stderr]) {
      out.on("data", (text) => {
        log += text;
        const said = /page=(http:\/\/127\.0\.0\.1:\d+)/.exec(log);
        if (said) ok(said[1]);
      });
    }
  });
  while ((await fetch(`${base}/health/ready`)).status !== 200);
  // Debian's Chromium; as root it has no sandbox.
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", chromiumSandbox: false, args: FLAGS });
  const complaints = [];
  return {
    base,
    browser,
    complaints,
    async open(options = {}) {
      const page = await browser.newPage(options);
      page.setDefaultTimeout(PATIENCE);
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(String(error)));
      return page;
    },
    async call(path, body) {
      const request =
        body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
      const response = await fetch(base + path, request);
      assert.ok(response.ok, `${path}: ${response.status}`);
      return response.text();
    },
    /** Ends the server alone. */
    async halt() {
      if (server.exitCode !== null || server.signalCode !== null) return;
      server.removeAllListeners("exit").kill();
      await once(server, "exit");
    },
    async end() {
      await browser.close();
      await this.halt();
      rmSync(folder, { recursive: true });
    },
  };
}

/** What the page shows and what the browser tells of it come by different ways. */
export async function eventually(check) {
  for (const begun = Date.now(); !(await check()); await new Promise((ok) => setTimeout(ok, 10)))
    assert.ok(Date.now() - begun < PATIENCE, String(check));
}
