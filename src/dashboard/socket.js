// The dashboard socket: connects, reconnects with back-off, and resumes where it was.

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/**
 * Keeps a connection to the dashboard WebSocket for as long as the page lives.
 * @param {{onState: (state: "connecting"|"live"|"offline", detail: string) => void,
 *          onMessage: (type: string, data: any, timestamp: string) => void}} listener
 */
export function connect(listener) {
  let wait = FIRST_WAIT_MS;
  /** @type {string|null} */
  let epoch = null;
  let seq = 0;

  function open() {
    listener.onState("connecting", "connecting");
    const url = new URL("api/v1/ws/dashboard", document.baseURI);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const token = new URLSearchParams(location.search).get("token");
    if (token) url.searchParams.set("token", token);
    if (epoch !== null) {
      url.searchParams.set("epoch", epoch);
      url.searchParams.set("seq", String(seq));
    }
    const socket = new WebSocket(url);
    socket.onmessage = (message) => {
      const { type, data, timestamp, seq: number } = JSON.parse(message.data);
      if (typeof number === "number") seq = Math.max(seq, number);
      if (type === "connection_ack") {
        wait = FIRST_WAIT_MS;
        // A new epoch, or events that are gone: start counting from here.
        if (data.epoch !== epoch || !data.recovered) seq = data.seq;
        epoch = data.epoch;
        listener.onState("live", "live");
      } else if (type === "server_restarting") {
        wait = data.reconnect_after_ms ?? FIRST_WAIT_MS;
      }
      listener.onMessage(type, data, timestamp);
    };
    socket.onclose = () => {
      // Spread out, so that a restart is not followed by everyone at once.
      const pause = wait * (0.75 + Math.random() / 2);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
      listener.onState("offline", `offline, next try in ${Math.ceil(pause / 1000)} s`);
      setTimeout(open, pause);
    };
  }
  open();
}
