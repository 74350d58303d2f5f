# syntax=docker/dockerfile:1
#
#   docker build --target front      -t orrery-front .        the API, in front of a cluster
#   docker build --target silo-cpu   -t orrery-silo-cpu .     a silo that computes on the CPU (amd64, arm64)
#   docker build --target silo-gpu   -t orrery-silo-gpu .     a silo that computes on an NVIDIA GPU (amd64)
#   docker build --target standalone -t orrery-standalone .    one process with everything; also pulls models and trains
#
# What they are made from are arguments, for who has a registry of their own: --build-arg SDK_IMAGE=registry.example/dotnet/sdk:10.0
ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/aspnet:10.0
ARG CUDA_IMAGE=nvidia/cuda:13.0.1-cudnn-runtime-ubuntu24.04

# Projects alone, so that restoring is done again only when one of them changes.
FROM --platform=$BUILDPLATFORM ${SDK_IMAGE} AS projects
ARG TARGETARCH
# Style is for a change's tests; here it would double the time.
ENV DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 RunAnalyzers=false
WORKDIR /src
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props ./
COPY onnx/Orrery.Onnx.csproj onnx/packages.lock.json onnx/
COPY engine/Orrery.Engine.csproj engine/packages.lock.json engine/
COPY training/Orrery.Training.csproj training/packages.lock.json training/
COPY api/Orrery.Api.csproj api/packages.lock.json api/
COPY hosting/Orrery.Hosting.csproj hosting/packages.lock.json hosting/
COPY fleet/Orrery.Fleet.csproj fleet/packages.lock.json fleet/
COPY interfaces/Orrery.Interfaces.csproj interfaces/packages.lock.json interfaces/
COPY grains/Orrery.Grains.csproj grains/packages.lock.json grains/
COPY silo/Orrery.Silo.csproj silo/packages.lock.json silo/packages.gpu.lock.json silo/
COPY client-api/Orrery.ClientApi.csproj client-api/packages.lock.json client-api/
COPY standalone/Orrery.Standalone.csproj standalone/packages.lock.json standalone/

# One tree for the three programs: what they share is compiled once.
FROM projects AS published-cpu
RUN --mount=type=cache,target=/root/.nuget/packages,sharing=locked \
    for project in client-api/Orrery.ClientApi.csproj silo/Orrery.Silo.csproj standalone/Orrery.Standalone.csproj; do \
      dotnet restore "$project" --arch "$TARGETARCH" -p:PublishReadyToRun=true || exit 1; \
    done
COPY . .
RUN --mount=type=cache,target=/root/.nuget/packages,sharing=locked \
    for project in client-api/Orrery.ClientApi.csproj silo/Orrery.Silo.csproj standalone/Orrery.Standalone.csproj; do \
      dotnet publish "$project" -c Release --no-restore --arch "$TARGETARCH" --self-contained false -p:PublishReadyToRun=true -o "/app/${project%/*}" || exit 1; \
    done

# With CUDA and TensorRT: Directory.Build.targets says which package they come from.
FROM projects AS published-silo-gpu
RUN --mount=type=cache,target=/root/.nuget/packages,sharing=locked \
    dotnet restore silo/Orrery.Silo.csproj --arch amd64 -p:PublishReadyToRun=true -p:OnnxRuntime=Gpu
COPY . .
RUN --mount=type=cache,target=/root/.nuget/packages,sharing=locked \
    dotnet publish silo/Orrery.Silo.csproj -c Release --no-restore --arch amd64 --self-contained false -p:PublishReadyToRun=true -p:OnnxRuntime=Gpu -o /app

# What every image runs in: no root, nothing written but /cache, /vectors and /tmp.
FROM ${RUNTIME_IMAGE} AS runtime
# A small youngest generation and a collector that gives back, as ./orrery runs it: the memory is the models'. The base image's
# own ports are unset: PORT or Server:Port says where to listen.
ENV DOTNET_gcServer=0 DOTNET_GCgen0size=0x400000 DOTNET_TieredPGO=0 ASPNETCORE_HTTP_PORTS= \
    ORRERY__Server__Host=0.0.0.0
RUN mkdir /cache /vectors && chown 1654:1654 /cache /vectors
WORKDIR /app
USER 1654:1654

FROM runtime AS front
COPY --from=published-cpu /app/client-api .
EXPOSE 8080
ENTRYPOINT ["/app/orrery-front"]

FROM runtime AS silo-cpu
ENV SILO_DEVICE=cpu ORRERY__Engine__CacheDirectory=/cache VECTOR_DIR=/vectors
COPY --from=published-cpu /app/silo .
EXPOSE 8081 11111 30000
ENTRYPOINT ["/app/orrery-silo"]

FROM runtime AS standalone
ENV ORRERY__Engine__CacheDirectory=/cache VECTOR_DIR=/vectors
COPY --from=published-cpu /app/standalone .
EXPOSE 8080
ENTRYPOINT ["/app/orrery"]
CMD ["serve"]

# CUDA 13 and cuDNN 9, which ONNX Runtime's provider links, with .NET from its own image; its libraries are portable, the two bases need not be the same system.
FROM --platform=linux/amd64 ${RUNTIME_IMAGE} AS dotnet-amd64

FROM --platform=linux/amd64 ${CUDA_IMAGE} AS silo-gpu
# The package openssl brings the library by whatever name the system has it.
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates openssl libstdc++6 tzdata \
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
