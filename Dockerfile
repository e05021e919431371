# The sidecar in a container. How to run it: docs/how-to/run-in-a-container.md
#
#   docker build --tag doorward .
#   docker build --tag doorward:git --target with-git .    also has git, for `doorward init` and policies in git

ARG PYTHON_VERSION=3.12

FROM python:${PYTHON_VERSION}-slim AS build
WORKDIR /src
COPY . .
RUN pip wheel --no-cache-dir --quiet --wheel-dir /wheels ./sdk . \
 && python -m venv --without-pip /opt/doorward \
 && pip --python /opt/doorward/bin/python install --no-cache-dir --quiet --no-index --no-compile \
        /wheels/*.whl

FROM python:${PYTHON_VERSION}-slim AS sidecar-base
COPY --from=build /opt/doorward /opt/doorward
# Bytecode is made here, of the standard library too: at run time nothing can be written.
# Hashes instead of times, because a copied layer may not keep times.
RUN python -m compileall -q --invalidation-mode unchecked-hash -x '/(test|tests|idlelib|lib2to3|site-packages/pip)/' \
        "$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" /opt/doorward/lib \
 && groupadd --gid 8642 doorward \
 && useradd --uid 8642 --gid 8642 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin doorward \
 && install --directory --owner 8642 --group 8642 --mode 0700 /state \
 && install --directory --mode 0755 /policy
ENV PATH=/opt/doorward/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    DOORWARD_STATE=/state \
    DOORWARD_POLICY=/policy
LABEL org.opencontainers.image.title="Doorward" \
      org.opencontainers.image.description="Policy-as-code authorization sidecar" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.1.0"
# A number, so that Kubernetes can tell that it is not root.
USER 8642:8642
VOLUME ["/state", "/policy"]
EXPOSE 8642
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["doorward", "health"]
ENTRYPOINT ["doorward"]
CMD ["serve", "--policy", "/policy", "--state", "/state", "--listen", "0.0.0.0:8642"]

FROM sidecar-base AS with-git
USER 0
# The release of the base image decides which git.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git openssh-client \
 && rm -rf /var/lib/apt/lists/*
USER 8642:8642

# Last, so that it is what a build without --target makes.
FROM sidecar-base AS sidecar
