// A host behind the lab's server: nginx, sshd and an echo, and its way to the world leads through the server.
//
//       "client"  "stranger"              "server"                       "inside"
//     ────┴───────────┴─────┐     ┌─────────────────────┐          ┌──────────────────┐
//             "switch"      └─────┼─ eth0         eth1 ─┼── veth ──┼─ eth0            │
//                                 │        192.168.1.1  │          │ 192.168.1.10     │
//                                 │        fd00::1      │          │ fd00::10         │
//                                 └─────────────────────┘          └──────────────────┘
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HOST, HOST_6, type Lab, words } from "./lab.ts";
import { Sshd } from "./sshd.ts";

export const INSIDE = "192.168.1.10";
export const INSIDE_6 = "[fd00::10]";
/** Each answers with its own word and with whom it takes its visitor for: `one 10.9.0.10`. */
export const PAGE = 80;
export const PAGE_2 = 81;
/** A port that the doors of the tests also use on the server. */
export const PAGE_SAME = 2299;
export const ECHO = 2207;

const ECHO_SERVER = [process.execPath, fileURLToPath(new URL("./echo.js", import.meta.url))];

export class Inside {
  readonly sshd: Sshd;
  readonly #lab: Lab;
  readonly #accessLog: string;

  constructor(lab: Lab) {
    this.#lab = lab;
    this.sshd = new Sshd(lab);
    this.#accessLog = join(lab.directory, "access.log");
  }

  /** Puts it behind the server; `outside` know the way to it. */
  async open(...outside: string[]): Promise<void> {
    const { net } = this.#lab;
    await net.add("inside");
    await net.veth(
      ["server", "eth1", "192.168.1.1/24", "fd00::1/64"],
      ["inside", "eth0", `${INSIDE}/24`, "fd00::10/64"],
    );
    await net.ok("inside", words("ip route add default via 192.168.1.1"));
    await net.ok("inside", words("ip route add default via fd00::1"));
    for (const name of outside) {
      await net.ok(name, words(`ip route add 192.168.1.0/24 via ${HOST}`));
      await net.ok(name, words(`ip route add fd00::/64 via ${HOST_6}`));
    }
    await this.forward(true);
    await this.#startNginx();
    await this.sshd.start("inside");
    await net.spawn("inside", [...ECHO_SERVER, String(ECHO)]).until(/listening/);
  }

  /** Whether the server sends packets on. */
  async forward(on: boolean): Promise<void> {
    for (const name of ["net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"])
      await this.#lab.net.ok("server", words(`sysctl -q ${name}=${on ? 1 : 0}`));
  }

  /** What a page says to this visitor now; empty if it cannot be reached. */
  async page(from: string, host: string, port: number): Promise<string> {
    const url = `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${port}/`;
    return (await this.#lab.net.run(from, ["curl", "-gs", "--max-time", "1", url])).stdout;
  }

  /** Whom nginx took its last visitor for. */
  lastVisitor(): string | undefined {
    return readFileSync(this.#accessLog, "utf8").trim().split("\n").at(-1);
  }

  async #startNginx(): Promise<void> {
    const { directory } = this.#lab;
    const server = (port: number, word: string): string =>
      `server { listen ${port}; listen [::]:${port}; default_type text/plain; location / { return 200 "${word} $remote_addr"; } }`;
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (kind) => `${kind}_temp_path ${join(directory, kind)};`,
    );
    const file = this.#lab.write(
      "nginx.conf",
      `daemon off; worker_processes 1; user root; pid ${join(directory, "nginx.pid")}; error_log stderr notice;
events {}
http { log_format who "$remote_addr"; access_log ${this.#accessLog} who; ${temporary.join(" ")}
${server(PAGE, "one")} ${server(PAGE_2, "two")} ${server(PAGE_SAME, "same")} }`,
    );
    await this.#lab.net.spawn("inside", ["nginx", "-c", file]).until(/start worker process \d/);
  }
}
