# The server by itself, for those whose tests are not in JavaScript: see docs/ci.md.
#
#   docker build -t respite .
#   docker run --rm -p 6379:6379 respite --enable-respite-command yes

FROM node:22-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npx rolldown -c server/bundle.config.mjs

FROM node:22-alpine
ENV NODE_ENV=production
WORKDIR /opt/respite
COPY --from=build /build/package.json /build/LICENSE ./
COPY --from=build /build/dist/bundle ./dist/bundle
RUN mkdir /data && chown node:node /data
USER node
WORKDIR /data
VOLUME /data
EXPOSE 6379
HEALTHCHECK --interval=5s --timeout=3s --start-period=2s --retries=3 \
  CMD ["node", "/opt/respite/dist/bundle/cli.js", "--ping"]
# Whoever reaches the container's network may use the server, as in Redis's own image.
ENTRYPOINT ["node", "/opt/respite/dist/bundle/cli.js", "--bind", "*", "--protected-mode", "no"]
CMD ["--save", ""]
