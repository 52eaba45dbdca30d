# Every src/kernels/*.k.c is compiled once for each instruction set; SECANT_ISA names the copy (see src/kernels/kernels.h).
file(GLOB kernel_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/kernels/*.k.c)
set(isa_base "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(isas base avx2 avx512)
  set(isa_avx2 -mavx2 -mfma -mf16c -ffp-contract=fast)
  set(isa_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mfma -mf16c -mprefer-vector-width=512 -ffp-contract=fast)
else()
  set(isas base)
endif()
foreach(isa ${isas})
  if(kernel_sources)
    add_library(kernels_${isa} OBJECT ${kernel_sources})
    # A library of flags behind secant_flags, as the last -ffp-contract counts: kernels use fused multiply-add where there is one.
    add_library(kernels_flags_${isa} INTERFACE)
    target_link_libraries(kernels_${isa} PRIVATE secant_flags kernels_flags_${isa})
    target_compile_definitions(kernels_${isa} PRIVATE SECANT_ISA=${isa})
    target_compile_options(kernels_flags_${isa} INTERFACE -O3 -fno-signed-zeros ${isa_${isa}}
      $<$<C_COMPILER_ID:GNU>:-fno-tree-loop-distribute-patterns>)   # short loops that copy or clear must not become rep movs
    if(SECANT_SANITIZE MATCHES "undefined")
      # Every access of a kernel is through a pointer: these four checks take up to nine tenths of the time compilers need, and
      # what they would find the address sanitizer finds too.
      target_compile_options(kernels_flags_${isa} INTERFACE -fno-sanitize=null,pointer-overflow,object-size,alignment)
    endif()
    target_sources(room_kernels PRIVATE $<TARGET_OBJECTS:kernels_${isa}>)
  endif()
endforeach()
