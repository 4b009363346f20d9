import type { ServerHttp2Session } from 'node:http2';
import type { PressedConnection } from './back-pressure.js';

/** A connection of the HTTP/2 stack as back-pressure needs it. */
export class SessionConnection implements PressedConnection {
  constructor(private readonly session: ServerHttp2Session) {}

  get isOpen(): boolean {
    return !this.session.destroyed;
  }

  /**
   * Node forbids to pause the socket of a session, for fear of confusing its own reading of it; its handle can be told to,
   * which the session does not notice.
   */
  setReading(isReading: boolean): boolean {
    const handle: unknown = Reflect.get(this.session.socket, '_handle');
    if (typeof handle !== 'object' || handle === null) return false;
    const change: unknown = Reflect.get(handle, isReading ? 'readStart' : 'readStop');
    if (typeof change !== 'function') return false;
    Reflect.apply(change, handle, []);
    return true;
  }
}
