# Compiler and linker flags of every target, each kept only if the compiler at
# hand accepts it.  Kernels may drop hardening flags measured to cost:
# see bq_kernel().
include(CheckCCompilerFlag)
include(CheckCXXCompilerFlag)
include(CheckLinkerFlag)

set(BQ_WARNINGS
	-Wall -Wextra -Wpedantic -Wformat=2 -Werror=format-security -Wconversion -Wsign-conversion -Warith-conversion
	-Wshadow -Wvla -Walloca -Wcast-qual -Wcast-align=strict -Wwrite-strings -Wnull-dereference -Wduplicated-cond
	-Wduplicated-branches -Wlogical-op -Wrestrict -Wstringop-overflow=4 -Warray-bounds=2 -Wimplicit-fallthrough
	-Wundef -Wpointer-arith -Wtrampolines -Wbidi-chars=any -Wframe-larger-than=16384 -Wstack-usage=32768 -Werror)
set(BQ_WARNINGS_C -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition)
set(BQ_HARDENING
	-fstack-protector-strong -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero
	-fno-strict-aliasing -fno-strict-overflow -fno-delete-null-pointer-checks -fno-common -fvisibility=hidden
	-fzero-call-used-regs=used-gpr -ffp-contract=off)
set(BQ_LINK -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--as-needed
	-Wl,--no-copy-dt-needed-entries -Wl,--fatal-warnings)

add_library(bq_flags INTERFACE)
target_compile_definitions(bq_flags INTERFACE _GNU_SOURCE)
target_include_directories(bq_flags INTERFACE ${PROJECT_SOURCE_DIR}/include)

function(bq_add_flag flag)
	string(MAKE_C_IDENTIFIER "BQ_C${flag}" var)
	set(CMAKE_REQUIRED_FLAGS "-Werror")
	check_c_compiler_flag(${flag} ${var})
	if(${var})
		target_compile_options(bq_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:${flag}>)
	endif()
	string(MAKE_C_IDENTIFIER "BQ_CXX${flag}" varx)
	check_cxx_compiler_flag(${flag} ${varx})
	if(${varx})
		target_compile_options(bq_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:${flag}>)
	endif()
endfunction()

foreach(flag IN LISTS BQ_WARNINGS BQ_HARDENING)
	bq_add_flag(${flag})
endforeach()
foreach(flag IN LISTS BQ_WARNINGS_C)
	target_compile_options(bq_flags INTERFACE $<$<COMPILE_LANGUAGE:C>:${flag}>)
endforeach()
target_compile_definitions(bq_flags INTERFACE $<$<COMPILE_LANGUAGE:CXX>:_GLIBCXX_ASSERTIONS>)

foreach(flag IN LISTS BQ_LINK)
	string(MAKE_C_IDENTIFIER "BQ_LD${flag}" var)
	check_linker_flag(C ${flag} ${var})
	if(${var})
		target_link_options(bq_flags INTERFACE ${flag})
	endif()
endforeach()
target_link_options(bq_flags INTERFACE $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)

if(BQ_SANITIZE)
	target_compile_options(bq_flags INTERFACE -fsanitize=${BQ_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
	target_link_options(bq_flags INTERFACE -fsanitize=${BQ_SANITIZE})
else()
	# glibc's fortified functions and the sanitizers do not mix.
	target_compile_options(bq_flags INTERFACE -U_FORTIFY_SOURCE
		-D_FORTIFY_SOURCE=$<IF:$<C_COMPILER_ID:GNU>,3,2>)
endif()

# Where gcc clears or copies some hundred bytes it takes `rep stos` and `rep movs`,
# which need tens of cycles to begin: stores are faster.  Clang takes them anyway.
set(BQ_STORES vector_loop:1024:noalign,libcall:-1:noalign)
check_c_compiler_flag("-mmemset-strategy=${BQ_STORES} -mmemcpy-strategy=${BQ_STORES}" BQ_C_STORES)
function(bq_clear_by_stores target)
	if(BQ_C_STORES)
		target_compile_options(${target} PRIVATE
			$<$<COMPILE_LANGUAGE:C>:-mmemset-strategy=${BQ_STORES};-mmemcpy-strategy=${BQ_STORES}>)
	endif()
endfunction()

# Hot loops: full optimisation, without the flags that put work into each call.
function(bq_kernel)
	set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS
		"-O3;-fno-stack-protector;-ftrivial-auto-var-init=uninitialized")
endfunction()
