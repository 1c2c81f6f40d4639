# holdout: make demo | test | install | asan | bench [BENCH=core|box|grader|poll|queue|service|web] [JSON=1] | fuzz | analyze | tidy | clean
#   make demo   installs what is missing, builds, grades the demo course, serves the board   (PORT= ONCE=1 JSON=1 FRESH=1)
#   make test   installs what tests need, builds, runs everything                            (T=tests/core for a part)
#   make        builds the four programs into build/bin; make tests runs the tests without installing anything

BUILD ?= build
PREFIX ?= /usr/local
PORT ?= 8080
T ?= tests
VERSION := 0.1.0
ifeq ($(origin CC),default)
CC := gcc
endif
OPT ?= -O2 -g
WARN := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Wno-psabi -Wno-unknown-pragmas
PKGS := libgit2 sqlite3 libcurl openblas libmicrohttpd jansson libfyaml libsodium zlib libzstd
# recursively expanded on purpose: nothing is asked before the packages are there
pkg = $(shell pkg-config $(1) $(PKGS))
CFLAGS_ALL = -std=gnu17 $(OPT) $(WARN) $(SAN) $(CFLAGS) -D_GNU_SOURCE -DHOLDOUT_VERSION='"$(VERSION)"' \
	-I. -I$(BUILD)/gen -fno-math-errno -fno-trapping-math $(if $(findstring clang,$(CC)),,-ftrivial-auto-var-init=zero) -fPIC $(EXTRA)
LIBS = $(call pkg,--libs) -lm -lpthread

# one folder, one static library; programs are the main.c files
FOLDERS := core/base core/math core/data core/eval core/learn core/plot core/cli sandbox rubrics \
	grader $(addprefix grader/,course steps store source outbound execute service repeat backup tidy view commands) web
sources = $(filter-out %/main.c,$(wildcard $(1)/*.c) $(if $(filter sandbox,$(1)),$(wildcard sandbox/inside/*.c)))
library = $(BUILD)/lib/$(subst /,-,$(1)).a
objects = $(patsubst %.c,$(BUILD)/obj/%.o,$(call sources,$(1))) $(patsubst %.S,$(BUILD)/obj/%.o,$(wildcard $(1)/*.S))
CORE := core/plot core/learn core/eval core/data core/math core/base
GRADER := $(filter grader%,$(FOLDERS))
libs = $(foreach f,$(1),$(call library,$(f)))

PROGRAMS := $(patsubst %,$(BUILD)/bin/%,holdout holdout-box holdout-ml holdout-web)
all: $(PROGRAMS) $(BUILD)/include/holdout.h $(BUILD)/lib/libholdout.a $(BUILD)/lib/libholdout.so $(BUILD)/lib/pkgconfig/holdout.pc

$(BUILD)/bin/holdout: $(BUILD)/obj/grader/main.o $(call libs,$(GRADER) rubrics sandbox $(CORE))
$(BUILD)/bin/holdout-box: $(BUILD)/obj/sandbox/main.o $(call libs,sandbox)
$(BUILD)/bin/holdout-ml: $(BUILD)/obj/core/cli/main.o $(call libs,core/cli $(CORE))
$(BUILD)/bin/holdout-web: $(BUILD)/obj/web/main.o $(call libs,web $(GRADER) rubrics sandbox $(CORE))
# of one piece: a dynamic one takes longer to start than half of a box; by musl, where it is: glibc's start takes 0.4 ms of that
MUSL := $(if $(SAN)$(findstring clang,$(CC)),,$(shell command -v musl-gcc 2>/dev/null))
STATIC = $(if $(and $(MUSL),$(filter-out %/fault,$@)),$(MUSL) -Wall -Wextra -Werror -Wno-overflow $(addprefix -idirafter /usr/include/,. $(shell gcc -print-multiarch)),$(CC) $(WARN)) \
	-std=gnu17 -O2 -D_GNU_SOURCE -DHOLDOUT_VERSION='"$(VERSION)"' -I. -I$(BUILD)/gen -static -s -o $@ $(filter %.c,$^)
$(BUILD)/bin/holdout-box: $(if $(SAN),,$(filter-out %/inside/main.c,$(wildcard sandbox/*.c sandbox/inside/*.c)))
$(PROGRAMS):
	@mkdir -p $(@D); echo "  LINK  $@"
	@$(if $(filter %.c,$^),$(STATIC) $(BUILD)/obj/sandbox/launcher_blob.o,$(CC) $(SAN) -Wl,--as-needed -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS))

define folder
$(call library,$(1)): $(call objects,$(1))
	@mkdir -p $$(@D); rm -f $$@; ar crs $$@ $$(filter %.o,$$^)
endef
$(foreach f,$(FOLDERS),$(eval $(call folder,$(f))))

$(BUILD)/obj/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D); echo "  CC    $<"
	@$(CC) $(CFLAGS_ALL) $(call pkg,--cflags) -MMD -MP -c -o $@ $<
$(BUILD)/obj/%.o: %.S $(BUILD)/flags
	@mkdir -p $(@D); echo "  AS    $<"
	@$(CC) -I. -I$(BUILD)/gen -MMD -MP -c -o $@ $<
$(BUILD)/flags: FORCE
	@mkdir -p $(@D); echo '$(CC) $(OPT) $(SAN) $(CFLAGS) $(EXTRA)' | cmp -s - $@ || echo '$(CC) $(OPT) $(SAN) $(CFLAGS) $(EXTRA)' > $@
FORCE:

# what is made before compiling: the system call filter, the embedded pages and SQL
$(BUILD)/tools/%: sandbox/tools/%.c
	@mkdir -p $(@D); $(CC) -std=gnu17 -O1 $(WARN) -D_GNU_SOURCE -I. -o $@ $< $$(pkg-config --libs libseccomp)
$(BUILD)/gen/sandbox/seccomp-filter.h: $(BUILD)/tools/seccomp-compile sandbox/syscalls.allow sandbox/syscalls.launcher
	@mkdir -p $(@D); $< sandbox/syscalls.allow sandbox/syscalls.launcher > $@.new
	@printf '#define SECCOMP_DIGEST "%s"\n' $$(sha256sum < $@.new | head -c 16) >> $@.new && mv $@.new $@
$(call objects,sandbox): $(BUILD)/gen/sandbox/seccomp-filter.h
# the launcher: a static program of its own, carried inside the sandbox library
LAUNCHER := $(wildcard sandbox/inside/*.c) sandbox/wire.c
# and for tests one with walls that can be left out, and one whose system calls fail at will
$(BUILD)/tests/sandbox/without: tests/sandbox/without.c
$(BUILD)/tests/sandbox/fault: tests/sandbox/fault.c tests/sandbox/fault.wrap tests/sandbox/fault.h
$(BUILD)/tests/sandbox/test_fault: | $(BUILD)/tests/sandbox/fault
$(BUILD)/gen/sandbox/launcher $(BUILD)/tests/sandbox/without $(BUILD)/tests/sandbox/fault: $(LAUNCHER) $(wildcard sandbox/*.h sandbox/inside/*.h) 		$(BUILD)/gen/sandbox/seccomp-filter.h $(BUILD)/flags
	@mkdir -p $(@D); echo "  CC    $@"; $(STATIC) $(if $(filter %/without,$@),-DBOX_WITHOUT) $(addprefix @,$(filter %.wrap,$^))
$(BUILD)/obj/sandbox/launcher_blob.o: $(BUILD)/gen/sandbox/launcher
$(BUILD)/obj/web/embed.o: $(wildcard web/assets/* web/vendor/inter/*)
$(BUILD)/obj/grader/store/schema.o: $(wildcard grader/store/*.sql)

# libholdout: the core without its command, one public header
$(BUILD)/lib/libholdout.a: $(call libs,$(CORE))
	@rm -f $@; echo "  AR    $@"; ar crs $@ $(foreach f,$(CORE),$(call objects,$(f)))
$(BUILD)/lib/libholdout.so: $(call libs,$(CORE)) core/holdout.map
	@echo "  LINK  $@"; $(CC) $(SAN) -shared -Wl,--as-needed,--gc-sections,-soname,libholdout.so.0 \
	  -Wl,--version-script=core/holdout.map -o $@ -Wl,--whole-archive $(call libs,$(CORE)) -Wl,--no-whole-archive $(LIBS)
	@ln -sf libholdout.so $(BUILD)/lib/libholdout.so.0
$(BUILD)/include/holdout.h: core/holdout.h ; @mkdir -p $(@D); cp $< $@
$(BUILD)/lib/pkgconfig/holdout.pc: core/holdout.pc.in
	@mkdir -p $(@D); sed 's|@VERSION@|$(VERSION)|' $< > $@

# tests: every tests/**/test_*.c is a program, every test_*.sh a script; all print TAP
TESTS_C := $(shell find $(T) -name 'test_*.c' 2>/dev/null | sort)
TESTS_SH := $(shell find $(T) -name 'test_*.sh' 2>/dev/null | sort)
TEST_PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(TESTS_C))
HOSTILE := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/sandbox/hostile/*.c)) $(BUILD)/tests/sandbox/without
above = $(if $(filter tests/core/%,$(1)),core/cli $(CORE),$(if $(filter tests/sandbox/% tests/bench/box%,$(1)),sandbox,$(if \
	$(filter tests/rubrics/%,$(1)),rubrics $(CORE),web $(GRADER) rubrics sandbox core/cli $(CORE))))
.SECONDEXPANSION:
$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $$(call libs,$$(call above,tests/$$*.c))
	@mkdir -p $(@D); $(CC) $(SAN) -Wl,--as-needed -o $@ $(filter %.o,$^) -Wl,--start-group $(filter %.a,$^) -Wl,--end-group \
	  -lcmocka $(LIBS)
$(BUILD)/tests/sandbox/hostile/%: tests/sandbox/hostile/%.c
	@mkdir -p $(@D); gcc -std=gnu17 -O1 -w -D_GNU_SOURCE -I. -o $@ $< -lpthread
$(BUILD)/tests/sandbox/test_hostile: $(patsubst %,$(BUILD)/obj/tests/sandbox/hostile_%.o,list run fence) $(HOSTILE) $(BUILD)/bin/holdout-box
tests: all $(TEST_PROGRAMS)
	@BUILD=$(BUILD) tests/run $(TEST_PROGRAMS) $(TESTS_SH)
# all processors, unless make was told how many
JOBS = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))
test:
	@tests/install packages.txt packages-test.txt packages-demo.txt
	@+$(MAKE) --no-print-directory $(JOBS) tests
asan:
	@+$(MAKE) --no-print-directory $(JOBS) BUILD=$(BUILD)-asan OPT='-O1 -g' SAN='-fsanitize=address,undefined -fno-sanitize-recover=undefined' tests T=$(T)
hostile: $(BUILD)/tests/sandbox/test_hostile
	@$< --table
tidy: $(BUILD)/tests/test_tidy
	@$<
format:
	@clang-format -i $$(git ls-files '*.c' '*.h')
analyze:
	@+$(MAKE) --no-print-directory BUILD=$(BUILD)-analyze EXTRA=-fanalyzer all
$(BUILD)/lib/fuzz.all: $(call libs,$(GRADER) rubrics $(CORE)) ; @touch $@
fuzz: ; @+tests/fuzz/run $(BUILD)
bench:
	@{ tests/install packages-bench.txt && $(MAKE) --no-print-directory $(JOBS) all $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c)); } >&2
	@BUILD=$(BUILD) JSON=$(JSON) tests/bench/run $(BENCH)

demo:
	@{ tests/install packages.txt packages-demo.txt && $(MAKE) --no-print-directory $(JOBS) all; } >&2
	@BUILD=$(BUILD) PORT=$(PORT) ONCE=$(ONCE) JSON=$(JSON) FRESH=$(FRESH) exec examples/demo.sh

MAN := $(wildcard docs/*.[1-8])
install: all
	install -D -t $(DESTDIR)$(PREFIX)/bin $(PROGRAMS)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/include core/holdout.h
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib $(BUILD)/lib/libholdout.a $(BUILD)/lib/libholdout.so
	ln -sf libholdout.so $(DESTDIR)$(PREFIX)/lib/libholdout.so.0; install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -m 644 -t $(DESTDIR)$(PREFIX)/lib/pkgconfig $(BUILD)/lib/pkgconfig/holdout.pc
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/lib/systemd/system systemd/*.service
	sed -i 's|/usr/local/bin|$(PREFIX)/bin|' $(DESTDIR)$(PREFIX)/lib/systemd/system/holdout*.service; install -D -m 644 systemd/holdout.default $(DESTDIR)$(PREFIX)/share/holdout/holdout.default
	for m in $(MAN); do install -D -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/}; done
clean: ; rm -rf build build-asan build-analyze build-clang build-fuzz
.PHONY: all tests test asan hostile tidy format analyze fuzz bench demo install clean FORCE
.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
