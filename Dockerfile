# docker build -t invigilator .
# docker run --rm -p 127.0.0.1:8080:8080 invigilator          (the sandbox; for real: serve --config FILE)

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY benches benches
COPY config config
COPY migrations migrations
COPY src src
RUN cargo build --release --locked --bin invigilator

FROM debian:bookworm-slim
RUN useradd --uid 10001 --user-group --create-home --home-dir /var/lib/invigilator \
      --shell /usr/sbin/nologin invigilator
COPY --from=build /build/target/release/invigilator /usr/local/bin/invigilator
# The authorities that a feed's server is checked against; a mount may replace them.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
USER 10001:10001
WORKDIR /var/lib/invigilator
VOLUME /var/lib/invigilator
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/invigilator"]
CMD ["serve", "--listen", "0.0.0.0:8080", "--data", "/var/lib/invigilator"]
