// What the socket has told since the page was opened: the numbers and how they moved, and the events. Views listen to it.

import { get } from "./api.js";
import { connect } from "./socket.js";

/** Events kept: a day of a busy server, a few hundred kilobytes. */
const MOST_EVENTS = 1_000;
/** Samples kept: half an hour of five-second ticks. */
const MOST_SAMPLES = 360;

/** @typedef {{ type: string, data: any, timestamp: string }} Happening */

export const live = {
  /** @type {"connecting" | "live" | "offline"} */
  state: "connecting",
  /** When the next try to connect is. */
  retryAt: 0,
  /** @type {string | null} */
  connectionId: null,
  /** When the socket began to tell, by the server's clock. @type {string | null} */
  since: null,
  /** From when to when it told nothing and could not make up for it: a restart forgets. @type {{ from: string, to: string }[]} */
  gaps: [],
  /** @type {any} data of the last `stats_update` */
  stats: null,
  /** @type {any[]} every `stats_update` of this session, oldest first */
  samples: [],
  /** @type {Happening[]} newest first */
  events: [],
};

/** @type {Map<string, Set<(data: any) => void>>} */
const listeners = new Map();

/**
 * Calls `listener` for `state`, `stats`, `event` (each that is kept), or a message's type; gives what ends that.
 * @param {string} what
 * @param {(data: any) => void} listener
 */
export function on(what, listener) {
  const set = listeners.get(what) ?? new Set();
  listeners.set(what, set.add(listener));
  return () => void set.delete(listener);
}

/**
 * @param {string} what
 * @param {any} data
 */
function tell(what, data) {
  for (const listener of listeners.get(what) ?? []) listener(data);
}

/** @param {any} stats */
function counted(stats) {
  live.stats = stats;
  // Before the socket is there, this page is not among those who watch.
  if (live.state === "live") live.samples.push(stats);
  if (live.samples.length > MOST_SAMPLES) live.samples.shift();
  tell("stats", stats);
}

/** Asks for the numbers now: after an ingestion nobody waits for the next tick. */
export async function refresh() {
  counted(await get("api/v1/stats"));
}

export function start() {
  /** When the last message was sent, by the server's clock. */
  let heard = "";
  connect({
    onState(state, retryAt) {
      Object.assign(live, { state, retryAt });
      tell("state", state);
    },
    onMessage(type, data, timestamp) {
      if (type === "connection_ack") {
        live.connectionId = data.connection_id;
        live.since ??= timestamp;
        if (heard && !data.recovered) live.gaps.push({ from: heard, to: timestamp });
      }
      heard = timestamp;
      if (type === "stats_update") return counted(data);
      tell(type, data);
      if (type === "connection_ack" || type === "ingestion_progress" || type === "pong") return;
      const event = { type, data, timestamp };
      live.events.unshift(event);
      live.events.length = Math.min(live.events.length, MOST_EVENTS);
      tell("event", event);
      if (type === "ingestion_complete") refresh().catch(() => {});
    },
  });
}
