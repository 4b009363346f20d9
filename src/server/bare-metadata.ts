import { Metadata } from '@grpc/grpc-js';

type Headers = ReturnType<Metadata['toHttp2Headers']>;

/**
 * Metadata that adds nothing to an answer and takes away headers the library would add to each. One for all calls: it
 * must not be changed.
 */
class BareMetadata extends Metadata {
  constructor(private readonly without: Headers) {
    super();
  }

  /** The library lets what this returns overrule its own headers, and the transport leaves out those without a value. */
  override toHttp2Headers(): Headers {
    return this.without;
  }

  override clone(): Metadata {
    return this;
  }
}

const NO_VALUE: string[] = [];

/** Headers of an answer that leave out what holds without them: it is not compressed, requests need not be. */
export const BARE_HEADERS: Metadata = new BareMetadata({
  'grpc-accept-encoding': NO_VALUE,
  'grpc-encoding': NO_VALUE,
});

/** Trailers of a call that went well: the status alone, no message. */
export const BARE_TRAILERS: Metadata = new BareMetadata({ 'grpc-message': NO_VALUE });
