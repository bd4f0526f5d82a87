# The few commands to start with. Everything else is CMake's: cmake --list-presets
#
#   make demo    installs what is missing, builds, and lets a trained model read a picture of a digit
#   make check   installs what is missing, builds, runs all tests but the slow ones
#   make soak    runs the slow ones
.PHONY: all deps demo check soak format clean

JOBS ?= $(shell nproc)
# Ninja where it is. A build tree keeps what it was made with.
use_ninja = if command -v ninja >/dev/null 2>&1; then export CMAKE_GENERATOR=$${CMAKE_GENERATOR:-Ninja}; fi
build = $(use_ninja); cmake --preset $(1) && cmake --build --preset $(1) -j $(JOBS) $(2)

all: deps
	@$(call build,release,)

deps:
	@cmake/install_debian_packages.sh

demo: deps
	@$(call build,release,--target ctfrun)
	build/release/bin/ctfrun examples/models/digits.pb -i image=@examples/models/seven.png

check: deps
	@$(call build,dev,)
	ctest --preset dev -j $(JOBS)

soak: all
	ctest --test-dir build/release -L '^slow$$' --output-on-failure

format:
	@$(use_ninja); cmake --preset dev >/dev/null && cmake --build --preset dev --target format

clean:
	rm -rf build/dev build/release build/asan build/tsan build/stress build/fuzz build/coverage build/cuda
