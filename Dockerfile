# Build: compile with the full toolchain, then keep only what runs. Node 22: under this load the garbage collector of 24 stops
# twice as long and keeps 100 MB more (bench/results/reference/earlier-hosts.md).
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/nats-server.mjs scripts/nats-server.d.mts ./scripts/
COPY src ./src
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:22-bookworm-slim
ENV NODE_ENV=production \
    HOLDFAST_GRPC_ADDRESS=0.0.0.0:50051 \
    HOLDFAST_OPS_ADDRESS=0.0.0.0:9464 \
    HOLDFAST_DATA_DIR=/var/lib/holdfast \
    HOLDFAST_DATA_REQUIRED=on
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY proto ./proto
COPY policies ./policies
RUN mkdir -p /var/lib/holdfast && chown node:node /var/lib/holdfast
USER node
VOLUME /var/lib/holdfast
EXPOSE 50051 9464
# Alive, not ready: a start may rebuild its state for minutes, and is not to be killed for it (docs/starts.md).
HEALTHCHECK --interval=10s --timeout=2s --start-period=30s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Holdfast handles SIGTERM itself; as process 1 it gets the signal directly. The two sizes (MiB) are those of `npm start`; why:
# bench/results/reference/earlier-hosts.md.
CMD ["node", "--unhandled-rejections=strict", "--min-semi-space-size=32", "--max-semi-space-size=32", "dist/main.js", "serve"]
