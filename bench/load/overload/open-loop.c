/*
 * Calls one unary gRPC method in an open loop: so many calls a second fall due, whatever has become of those before.
 * A client in Node would starve beside the server that it overloads.
 *
 * usage: open-loop PORT PATH FRAMES CONNECTIONS RATE SECONDS DEADLINE_MS STREAMS
 *
 * RATE 0: a closed loop with STREAMS calls under way on each connection. FRAMES is a file of requests, each as:
 * length (u32 BE), place of the sixteen digits that are to be unique (u32 BE; 0: none), class (u32 BE, 0 or 1), gRPC frame.
 *
 * It behaves as gRPC clients do: a connection opens no more streams than the server allows at the time; what must wait
 * waits here and is given up at its deadline; what was sent and is not answered by then is cancelled; a connection
 * that was closed is opened again. Every call counts from the time at which it was due, also those never sent.
 * It asks for a header table of size 0, so that the status of an answer is found without a decoder.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE };
enum { END_STREAM = 1, ACK = 1, END_HEADERS = 4 };
enum { QUEUE = 1 << 16, TABLE = 1 << 14, OUT_BYTES = 1 << 20, IN_BYTES = 1 << 18, BUCKETS = 4096 };

/* "grpc-status" as HPACK writes it in Huffman code. */
static const uint8_t STATUS_NAME[] = {0x9a, 0xca, 0xc8, 0xb2, 0x12, 0x34, 0xda, 0x8f};

struct frame { const uint8_t *bytes; uint32_t length, id_at, class; };
/* A stream that is under way. `due` and `sent` in microseconds. */
struct stream { uint32_t id; int64_t due, sent; uint8_t class, has_data, is_cancelled; };
struct connection {
  int fd, is_connected, wants_write, is_going;
  uint32_t next_id, open, limit;
  int64_t window, reopen_at;
  uint64_t received;
  struct stream *table;           /* by (id / 2) % TABLE */
  uint32_t oldest;                /* id from which on streams may be under way */
  int64_t *due; uint32_t head, tail; /* calls that wait, as a ring */
  uint8_t *out; size_t out_from, out_to;
  uint8_t *in; size_t in_length;
};
struct histogram { uint64_t counts[BUCKETS]; uint64_t total; };

static struct frame *frames;
static uint32_t frame_count;
static struct connection *connections;
static int connection_count, epoll_fd, port;
static uint8_t header_block[1024];
static size_t header_block_length;
static int64_t deadline_us, begun_at, measure_from;
static uint32_t most_streams;
static uint64_t call_number, scheduled, answered[2], late, refused, status_other, reset_by_server, unsent, expired, closed,
    lost, asked[2], streams_told;
static struct histogram answer_times, refusal_times;
static uint64_t run_id;

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

/* Buckets of 10 us up to 10 ms, then of 500 us. */
static void note(struct histogram *h, int64_t us) {
  int64_t b = us < 0 ? 0 : us < 10000 ? us / 10 : 1000 + (us - 10000) / 500;
  h->counts[b >= BUCKETS ? BUCKETS - 1 : b]++;
  h->total++;
}

static double percentile(const struct histogram *h, double share) {
  uint64_t seen = 0, wanted = (uint64_t)(h->total * share);
  for (int b = 0; b < BUCKETS; b++) {
    seen += h->counts[b];
    if (seen > wanted) return b < 1000 ? b * 0.01 : 10 + (b - 1000) * 0.5;
  }
  return 0;
}

static void put_header(uint8_t *to, uint32_t length, uint8_t type, uint8_t flags, uint32_t id) {
  to[0] = length >> 16; to[1] = length >> 8; to[2] = length;
  to[3] = type; to[4] = flags;
  to[5] = id >> 24; to[6] = id >> 16; to[7] = id >> 8; to[8] = id;
}

static uint32_t read32(const uint8_t *p) { return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }

static void put32(uint8_t *to, uint32_t v) { to[0] = v >> 24; to[1] = v >> 16; to[2] = v >> 8; to[3] = v; }

static void add_literal(const char *name, const char *value) {
  uint8_t *to = header_block + header_block_length;
  size_t n = strlen(name), v = strlen(value);
  *to++ = 0x10;
  *to++ = n; memcpy(to, name, n); to += n;
  *to++ = v; memcpy(to, value, v); to += v;
  header_block_length = to - header_block;
}

static void make_header_block(const char *path) {
  char timeout[16];
  add_literal(":method", "POST");
  add_literal(":scheme", "http");
  add_literal(":path", path);
  add_literal(":authority", "127.0.0.1");
  add_literal("content-type", "application/grpc+proto");
  add_literal("te", "trailers");
  snprintf(timeout, sizeof timeout, "%lldm", (long long)(deadline_us / 1000));
  add_literal("grpc-timeout", timeout);
}

static uint8_t *room(struct connection *c, size_t bytes) {
  if (c->out_from == c->out_to) c->out_from = c->out_to = 0;
  if (c->out_to + bytes > OUT_BYTES) return NULL;
  uint8_t *at = c->out + c->out_to;
  c->out_to += bytes;
  return at;
}

static void small_frame(struct connection *c, uint8_t type, uint8_t flags, uint32_t id, uint32_t value) {
  uint8_t *to = room(c, 13);
  if (to == NULL) return;
  put_header(to, 4, type, flags, id);
  put32(to + 9, value);
}

static void open_connection(struct connection *c) {
  static const uint8_t greeting[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
      "\0\0\x12\x04\0\0\0\0\0" "\0\x01\0\0\0\0" "\0\x02\0\0\0\0" "\0\x04\0\x10\0\0"
      "\0\0\x04\x08\0\0\0\0\0" "\x3f\xff\0\0";
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  int one = 1;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) die("socket");
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(c->fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) die("connect");
  c->is_connected = c->is_going = 0;
  c->next_id = c->oldest = 1;
  c->open = 0;
  c->limit = 100;
  c->window = 65535;
  c->received = 0;
  c->out_from = c->out_to = c->in_length = 0;
  memset(c->table, 0, TABLE * sizeof *c->table);
  memcpy(room(c, sizeof greeting - 1), greeting, sizeof greeting - 1);
  c->wants_write = 1;
  struct epoll_event e = {.events = EPOLLIN | EPOLLOUT, .data.ptr = c};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &e) < 0) die("epoll_ctl");
}

static void close_connection(struct connection *c, int64_t now) {
  close(c->fd);
  c->fd = -1;
  closed++;
  c->reopen_at = now + 10000;
  for (uint32_t id = c->oldest; id < c->next_id; id += 2) {
    struct stream *s = &c->table[id / 2 % TABLE];
    if (s->id == id && !s->is_cancelled && s->due >= measure_from) lost++;
    s->id = 0;
  }
  c->open = 0;
}

static void flush(struct connection *c, int64_t now) {
  while (c->out_from < c->out_to) {
    ssize_t n = send(c->fd, c->out + c->out_from, c->out_to - c->out_from, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno != EAGAIN && errno != ENOTCONN) { close_connection(c, now); return; }
      break;
    }
    c->out_from += n;
  }
  int wants = c->out_from < c->out_to;
  if (wants != c->wants_write) {
    struct epoll_event e = {.events = EPOLLIN | (wants ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &e);
    c->wants_write = wants;
  }
}

static int send_call(struct connection *c, int64_t due, int64_t now) {
  const struct frame *f = &frames[call_number % frame_count];
  uint32_t id = c->next_id;
  struct stream *s = &c->table[id / 2 % TABLE];
  if (s->id != 0 || c->window < f->length) return 0;
  uint8_t *to = room(c, 18 + header_block_length + f->length);
  if (to == NULL) return 0;
  put_header(to, header_block_length, HEADERS, END_HEADERS, id);
  memcpy(to + 9, header_block, header_block_length);
  to += 9 + header_block_length;
  put_header(to, f->length, DATA, END_STREAM, id);
  memcpy(to + 9, f->bytes, f->length);
  if (f->id_at != 0) {
    char digits[17];
    snprintf(digits, sizeof digits, "%08x%08x", (uint32_t)run_id, (uint32_t)call_number);
    memcpy(to + 9 + f->id_at, digits, 16);
  }
  *s = (struct stream){.id = id, .due = due, .sent = now, .class = f->class};
  if (due >= measure_from) asked[f->class]++;
  c->window -= f->length;
  c->next_id += 2;
  c->open++;
  call_number++;
  return 1;
}

/* A connection's streams end before their ids do. */
static int is_usable(const struct connection *c) {
  return c->fd >= 0 && c->is_connected && !c->is_going && c->next_id < 0x7ffffff0u;
}

static void send_waiting(struct connection *c, int64_t now) {
  while (c->head != c->tail) {
    int64_t due = c->due[c->head % QUEUE];
    if (now - due >= deadline_us) {
      if (due >= measure_from) unsent++;
      c->head++;
      continue;
    }
    uint32_t limit = c->limit < most_streams ? c->limit : most_streams;
    if (!is_usable(c) || c->open >= limit || c->out_to - c->out_from > 65536) return;
    if (!send_call(c, due, now)) return;
    c->head++;
  }
}

/* 0 to 16, or -1 where it is not to be read. */
static int status_in(const uint8_t *block, size_t length) {
  const uint8_t *name = memmem(block, length, STATUS_NAME, sizeof STATUS_NAME);
  if (name == NULL || name + 10 > block + length) return -1;
  const uint8_t *value = name + sizeof STATUS_NAME;
  if (value[0] == 1) return value[1] - '0';
  if (value[0] == 2 && value + 2 < block + length) return (value[1] - '0') * 10 + value[2] - '0';
  return -1;
}

static void stream_over(struct connection *c, struct stream *s, int status, int64_t now) {
  int counts = s->due >= measure_from;
  int64_t took = now - s->due;
  if (!s->is_cancelled && counts) {
    if (status == 0 && took <= deadline_us) { answered[s->class]++; note(&answer_times, took); }
    else if (status == 0) late++;
    else if (status == 8 || status == 14) { refused++; note(&refusal_times, now - s->sent); }
    else if (status == -2) reset_by_server++;
    else if (status == 4) expired++;
    else status_other++;
  }
  s->id = 0;
  c->open--;
}

static void cancel_expired(struct connection *c, int64_t now) {
  while (c->oldest < c->next_id) {
    struct stream *s = &c->table[c->oldest / 2 % TABLE];
    if (s->id == c->oldest) {
      if (now - s->due < deadline_us) return;
      if (s->due >= measure_from) expired++;
      small_frame(c, RST_STREAM, 0, s->id, 8);
      s->id = 0;
      c->open--;
    }
    c->oldest += 2;
  }
}

static void on_frame(struct connection *c, const uint8_t *f, uint32_t length, int64_t now) {
  uint8_t type = f[3], flags = f[4];
  uint32_t id = read32(f + 5) & 0x7fffffff;
  const uint8_t *payload = f + 9;
  struct stream *s = &c->table[id / 2 % TABLE];
  if (id != 0 && s->id != id) s = NULL;
  switch (type) {
    case DATA:
      c->received += length;
      if (c->received > 1 << 28) { small_frame(c, WINDOW_UPDATE, 0, 0, c->received); c->received = 0; }
      if (id != 0 && s != NULL) {
        s->has_data = 1;
        if (flags & END_STREAM) stream_over(c, s, -1, now);
      }
      break;
    case HEADERS:
      if (id != 0 && s != NULL && (flags & END_STREAM)) stream_over(c, s, status_in(payload, length), now);
      break;
    case RST_STREAM:
      if (id != 0 && s != NULL) stream_over(c, s, -2, now);
      break;
    case SETTINGS:
      if (flags & ACK) break;
      for (uint32_t at = 0; at + 6 <= length; at += 6) {
        if ((payload[at] << 8 | payload[at + 1]) != 3) continue;
        c->limit = read32(payload + at + 2);
        streams_told = c->limit;
      }
      c->is_connected = 1;
      { uint8_t *to = room(c, 9); if (to != NULL) put_header(to, 0, SETTINGS, ACK, 0); }
      break;
    case PING:
      if (!(flags & ACK)) {
        uint8_t *to = room(c, 17);
        if (to != NULL) { put_header(to, 8, PING, ACK, 0); memcpy(to + 9, payload, 8); }
      }
      break;
    case WINDOW_UPDATE:
      if (id == 0) c->window += read32(payload) & 0x7fffffff;
      break;
    case GOAWAY:
      c->is_going = 1;
      break;
    default:
      break;
  }
}

static void receive(struct connection *c, int64_t now) {
  for (int reads = 0; reads < 8; reads++) {
    ssize_t n = recv(c->fd, c->in + c->in_length, IN_BYTES - c->in_length, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) { close_connection(c, now); return; }
    if (n < 0) break;
    c->in_length += n;
    size_t at = 0;
    while (c->in_length - at >= 9) {
      uint32_t length = (uint32_t)c->in[at] << 16 | c->in[at + 1] << 8 | c->in[at + 2];
      if (c->in_length - at < 9 + length) break;
      on_frame(c, c->in + at, length, now);
      at += 9 + length;
    }
    memmove(c->in, c->in + at, c->in_length - at);
    c->in_length -= at;
  }
  if (c->is_going && c->open == 0) close_connection(c, now);
}

static void read_frames(const char *file) {
  FILE *in = fopen(file, "rb");
  if (in == NULL) die(file);
  fseek(in, 0, SEEK_END);
  long size = ftell(in);
  rewind(in);
  uint8_t *all = malloc(size);
  if (fread(all, 1, size, in) != (size_t)size) die(file);
  fclose(in);
  for (long at = 0; at + 12 <= size; at += 12 + read32(all + at)) frame_count++;
  frames = calloc(frame_count, sizeof *frames);
  uint32_t i = 0;
  for (long at = 0; at + 12 <= size; at += 12 + read32(all + at)) {
    frames[i++] = (struct frame){all + at + 12, read32(all + at), read32(all + at + 4), read32(all + at + 8)};
  }
}

int main(int argc, char **argv) {
  if (argc != 9) { fprintf(stderr, "usage: open-loop PORT PATH FRAMES CONNECTIONS RATE SECONDS DEADLINE_MS STREAMS\n"); return 2; }
  port = atoi(argv[1]);
  read_frames(argv[3]);
  connection_count = atoi(argv[4]);
  double rate = atof(argv[5]), seconds = atof(argv[6]);
  deadline_us = atoi(argv[7]) * 1000;
  most_streams = atoi(argv[8]);
  make_header_block(argv[2]);
  epoll_fd = epoll_create1(0);
  run_id = now_us() / 1000;
  connections = calloc(connection_count, sizeof *connections);
  for (int i = 0; i < connection_count; i++) {
    struct connection *c = &connections[i];
    c->table = calloc(TABLE, sizeof *c->table);
    c->due = calloc(QUEUE, sizeof *c->due);
    c->out = malloc(OUT_BYTES);
    c->in = malloc(IN_BYTES);
    open_connection(c);
  }
  begun_at = now_us();
  /* What falls due before the loop is up to speed is asked and not counted. */
  int64_t warm_us = (int64_t)(seconds * 1e6 / 5);
  measure_from = begun_at + warm_us;
  int64_t ends_at = begun_at + (int64_t)(seconds * 1e6), over_at = ends_at + deadline_us + 200000;
  uint64_t due_count = 0;
  struct epoll_event events[256];
  for (;;) {
    int64_t now = now_us();
    if (now >= over_at) break;
    if (rate > 0) {
      uint64_t until = (uint64_t)((double)((now < ends_at ? now : ends_at) - begun_at) * rate / 1e6);
      for (; due_count < until; due_count++) {
        struct connection *c = &connections[due_count % connection_count];
        int64_t due = begun_at + (int64_t)(due_count * 1e6 / rate);
        if (due >= measure_from) scheduled++;
        if (c->tail - c->head == QUEUE) { if (due >= measure_from) unsent++; }
        else c->due[c->tail++ % QUEUE] = due;
      }
    } else if (now < ends_at) {
      for (int i = 0; i < connection_count; i++) {
        struct connection *c = &connections[i];
        while (is_usable(c) && c->open + (c->tail - c->head) < most_streams) {
          c->due[c->tail++ % QUEUE] = now;
          if (now >= measure_from) scheduled++;
        }
      }
    }
    for (int i = 0; i < connection_count; i++) {
      struct connection *c = &connections[i];
      if (c->fd < 0 && now >= c->reopen_at) open_connection(c);
      if (c->fd >= 0) cancel_expired(c, now);
      send_waiting(c, now);
      if (c->fd >= 0 && c->is_connected) flush(c, now);
    }
    int n = epoll_wait(epoll_fd, events, 256, 1);
    now = now_us();
    for (int i = 0; i < n; i++) {
      struct connection *c = events[i].data.ptr;
      if (c->fd < 0) continue;
      if (events[i].events & (EPOLLERR | EPOLLHUP)) { close_connection(c, now); continue; }
      if (events[i].events & EPOLLIN) receive(c, now);
      if (c->fd >= 0 && (events[i].events & EPOLLOUT)) flush(c, now);
    }
  }
  double measured_s = (ends_at - measure_from) / 1e6;
  printf("{\"seconds\":%.3f,\"scheduled\":%llu,\"answered\":%llu,\"answeredLarge\":%llu,\"askedSmall\":%llu,\"askedLarge\":%llu,"
         "\"late\":%llu,\"refused\":%llu,\"otherStatus\":%llu,\"resetByServer\":%llu,\"expired\":%llu,\"unsent\":%llu,"
         "\"lost\":%llu,\"connectionsClosed\":%llu,\"streamsTold\":%llu,\"answerP50Ms\":%.2f,\"answerP99Ms\":%.2f,"
         "\"refusalP50Ms\":%.2f,\"refusalP99Ms\":%.2f}\n",
         measured_s, (unsigned long long)scheduled, (unsigned long long)(answered[0] + answered[1]),
         (unsigned long long)answered[1], (unsigned long long)asked[0], (unsigned long long)asked[1],
         (unsigned long long)late, (unsigned long long)refused, (unsigned long long)status_other,
         (unsigned long long)reset_by_server, (unsigned long long)expired, (unsigned long long)unsent,
         (unsigned long long)lost, (unsigned long long)closed, (unsigned long long)streams_told,
         percentile(&answer_times, 0.5), percentile(&answer_times, 0.99), percentile(&refusal_times, 0.5),
         percentile(&refusal_times, 0.99));
  return 0;
}
