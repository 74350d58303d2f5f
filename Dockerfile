# syntax=docker/dockerfile:1
#
#   docker build --target front      -t orrery-front .        the API, in front of a cluster
#   docker build --target silo-cpu   -t orrery-silo-cpu .     a silo that computes on the CPU (amd64, arm64)
#   docker build --target silo-gpu   -t orrery-silo-gpu .     a silo that computes on an NVIDIA GPU (amd64)
#   docker build --target standalone -t orrery-standalone .    one process with everything; also pulls models and trains
ARG DOTNET=10.0
ARG NODE=22
ARG CUDA=12.9.1-cudnn-runtime-ubuntu24.04

# ONNX Runtime for CPUs, from the package that native/package-lock.json pins.
FROM --platform=$BUILDPLATFORM node:${NODE}-bookworm-slim AS natives
WORKDIR /native
COPY native/package.json native/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --no-audit --no-fund

# Projects alone, so that restoring is done again only when one of them changes.
FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:${DOTNET} AS projects
ARG TARGETARCH
ENV DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
WORKDIR /src
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props ./
COPY native/Native.proj native/Native.targets native/package.json native/package-lock.json native/
COPY engine/Orrery.Engine.csproj engine/packages.lock.json engine/
COPY onnx/Orrery.Onnx.csproj onnx/packages.lock.json onnx/
COPY training/Orrery.Training.csproj training/packages.lock.json training/
COPY api/Orrery.Api.csproj api/packages.lock.json api/
COPY hosting/Orrery.Hosting.csproj hosting/packages.lock.json hosting/
COPY fleet/Orrery.Fleet.csproj fleet/packages.lock.json fleet/
COPY interfaces/Orrery.Interfaces.csproj interfaces/packages.lock.json interfaces/
COPY grains/Orrery.Grains.csproj grains/packages.lock.json grains/
COPY silo/Orrery.Silo.csproj silo/packages.lock.json silo/packages.gpu.lock.json silo/
COPY client-api/Orrery.ClientApi.csproj client-api/packages.lock.json client-api/
COPY standalone/Orrery.Standalone.csproj standalone/packages.lock.json standalone/

FROM projects AS restored-cpu
RUN --mount=type=cache,target=/root/.nuget/packages,sharing=locked \
    for project in client-api/Orrery.ClientApi.csproj silo/Orrery.Silo.csproj standalone/Orrery.Standalone.csproj; do \
      dotnet restore "$project" --arch "$TARGETARCH" -p:PublishReadyToRun=true || exit 1; \
    done

FROM restored-cpu AS source-cpu
COPY . .
COPY --from=natives /native/node_modules native/node_modules
# Newer than the lock file that came with the sources: what was fetched above is not fetched again.
RUN touch native/node_modules/.fetched && find native/node_modules/onnxruntime-node/bin -type f -exec touch {} +

FROM source-cpu AS published-front
RUN --mount=type=cache,target=/root/.nuget/packages,sharing=locked \
    dotnet publish client-api/Orrery.ClientApi.csproj -c Release --no-restore --arch "$TARGETARCH" --self-contained false -p:PublishReadyToRun=true -o /app

FROM source-cpu AS published-silo-cpu
RUN --mount=type=cache,target=/root/.nuget/packages,sharing=locked \
    dotnet publish silo/Orrery.Silo.csproj -c Release --no-restore --arch "$TARGETARCH" --self-contained false -p:PublishReadyToRun=true -o /app

FROM source-cpu AS published-standalone
RUN --mount=type=cache,target=/root/.nuget/packages,sharing=locked \
    dotnet publish standalone/Orrery.Standalone.csproj -c Release --no-restore --arch "$TARGETARCH" --self-contained false -p:PublishReadyToRun=true -o /app

# The GPU's natives come from NuGet (Microsoft.ML.OnnxRuntime.Gpu; native/Native.targets names its version): CUDA and TensorRT.
FROM projects AS published-silo-gpu
RUN --mount=type=cache,target=/root/.nuget/packages,sharing=locked \
    dotnet restore silo/Orrery.Silo.csproj --arch amd64 -p:PublishReadyToRun=true -p:OnnxRuntime=Gpu
COPY . .
RUN --mount=type=cache,target=/root/.nuget/packages,sharing=locked \
    dotnet publish silo/Orrery.Silo.csproj -c Release --no-restore --arch amd64 --self-contained false -p:PublishReadyToRun=true -p:OnnxRuntime=Gpu -o /app

# What every image runs in: no root, nothing written but /cache, /vectors and /tmp.
FROM mcr.microsoft.com/dotnet/aspnet:${DOTNET} AS runtime
# A small youngest generation and a collector that gives back, as ./orrery runs it: the memory is the models'. The base image's
# own ports are unset: PORT or Server:Port says where to listen.
ENV DOTNET_gcServer=0 DOTNET_GCgen0size=0x400000 DOTNET_TieredPGO=0 ASPNETCORE_HTTP_PORTS= \
    ORRERY__Server__Host=0.0.0.0
RUN mkdir /cache /vectors && chown 1654:1654 /cache /vectors
WORKDIR /app
USER 1654:1654

FROM runtime AS front
COPY --from=published-front /app .
EXPOSE 8080
ENTRYPOINT ["/app/orrery-front"]

FROM runtime AS silo-cpu
ENV SILO_DEVICE=cpu ORRERY__Engine__CacheDirectory=/cache VECTOR_DIR=/vectors
COPY --from=published-silo-cpu /app .
EXPOSE 8081 11111 30000
ENTRYPOINT ["/app/orrery-silo"]

FROM runtime AS standalone
ENV ORRERY__Engine__CacheDirectory=/cache VECTOR_DIR=/vectors
COPY --from=published-standalone /app .
EXPOSE 8080
ENTRYPOINT ["/app/orrery"]
CMD ["serve"]

# CUDA 12 and cuDNN 9, with .NET from its own image; its libraries are portable, the two bases need not be the same system.
FROM --platform=linux/amd64 mcr.microsoft.com/dotnet/aspnet:${DOTNET} AS dotnet-amd64

FROM --platform=linux/amd64 nvidia/cuda:${CUDA} AS silo-gpu
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libssl3t64 libstdc++6 tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 1654 orrery && useradd --uid 1654 --gid 1654 --no-create-home --shell /usr/sbin/nologin orrery \
    && mkdir /cache /vectors && chown 1654:1654 /cache /vectors
COPY --from=dotnet-amd64 /usr/share/dotnet /usr/share/dotnet
ENV DOTNET_ROOT=/usr/share/dotnet DOTNET_RUNNING_IN_CONTAINER=true DOTNET_gcServer=0 DOTNET_GCgen0size=0x400000 DOTNET_TieredPGO=0 \
    ORRERY__Server__Host=0.0.0.0 ORRERY__Engine__CacheDirectory=/cache VECTOR_DIR=/vectors SILO_DEVICE=gpu DEVICE=cuda \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
WORKDIR /app
COPY --from=published-silo-gpu /app .
USER 1654:1654
EXPOSE 8081 11111 30000
ENTRYPOINT ["/app/orrery-silo"]
