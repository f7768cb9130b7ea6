// The dashboard socket: connects, reconnects with back-off, and resumes where it was.

import { address, token } from "./api.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Keeps a connection to the dashboard WebSocket for as long as the page lives.
 * @param {{onState: (state: "connecting"|"live"|"offline", retryAt: number) => void,
 *          onMessage: (type: string, data: any, timestamp: string) => void}} listener `retryAt`: when offline, the time of the next try
 */
export function connect(listener) {
  let wait = FIRST_WAIT_MS;
  /** @type {string|null} */
  let epoch = null;
  let seq = 0;

  function open() {
    listener.onState("connecting", 0);
    const url = address("api/v1/ws/dashboard", epoch === null ? { token } : { token, epoch, seq });
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    socket.onmessage = (message) => {
      const { type, data, timestamp, seq: number } = JSON.parse(message.data);
      if (typeof number === "number") seq = Math.max(seq, number);
      if (type === "connection_ack") {
        wait = FIRST_WAIT_MS;
        // A new epoch, or events that are gone: start counting from here.
        if (data.epoch !== epoch || !data.recovered) seq = data.seq;
        epoch = data.epoch;
        listener.onState("live", 0);
      } else if (type === "server_restarting") {
        wait = data.reconnect_after_ms ?? FIRST_WAIT_MS;
      }
      listener.onMessage(type, data, timestamp);
    };
    socket.onclose = () => {
      // Spread out, so that a restart is not followed by everyone at once.
      const pause = wait * (0.75 + Math.random() / 2);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      listener.onState("offline", Date.now() + pause);
      setTimeout(open, pause);
    };
  }
  open();
}
