# One image, several processes: what a container does is said by ROLES (docker-compose.yml).
FROM node:24-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The image brings Node and the compose file a PostgreSQL: the platform packages of both stay out.
RUN npm ci --omit=dev --omit=optional

FROM node:24-bookworm-slim
ENV TZ=Europe/Amsterdam HOST=0.0.0.0 PORT=8080 DATA_DIR=/data DEMO=off
WORKDIR /app
COPY --from=modules /app/node_modules node_modules
COPY package.json LICENSE.md CHANGELOG.md ./
COPY src src
COPY mappings mappings
COPY fixtures/region fixtures/region
COPY demo demo
# What an operator runs by hand: the audit trail, keys, people's rights, figures.
COPY scripts/audit.ts scripts/backup.ts scripts/figures.ts scripts/keys.ts scripts/note-command.ts scripts/open-record.ts scripts/restore.ts scripts/rights.ts scripts/
COPY scripts/rights scripts/rights
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8080) + '/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]
