#!/usr/bin/env bash
# gpu_matmul -v says that the device has as many bytes in use after the session as before it.
set -eu
said=$("$CTF_BUILD_DIR/bin/gpu_matmul" -v | tail -1)
echo "$said"
[[ "$said" =~ ^Bytes\ in\ use\ before:\ ([0-9]+),\ after:\ ([0-9]+)$ ]]
[ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
