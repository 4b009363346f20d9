/** A record while it is being read: optional fields are added as they come, then it is handed out as immutable. */
export type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
