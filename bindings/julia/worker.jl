# The worker of Julia functions:
#   julia worker.jl --repo PATH --slots N [--platform FILE]... [--environment HEX]
# One thread of Julia for each slot, and one that hands out: JULIA_NUM_THREADS=N+1 or `-t N+1`; else
# it starts itself again so.
let slots = findlast(==("--slots"), ARGS)
    count = slots === nothing || slots == length(ARGS) ? 1 : something(tryparse(Int, ARGS[slots+1]), 1)
    threads = count > 1 ? min(count, 64) + 1 : 1
    if Threads.nthreads() < threads && !haskey(ENV, "SAMARA_JULIA_STARTED")
        ENV["SAMARA_JULIA_STARTED"] = "1"
        words = [Base.julia_cmd().exec; "--startup-file=no"; "-t$threads"; abspath(PROGRAM_FILE); ARGS]
        pointers = [[pointer(word) for word in words]; Ptr{UInt8}(0)]
        GC.@preserve words ccall(:execv, Cint, (Cstring, Ptr{Ptr{UInt8}}), words[1], pointers)
    end
    delete!(ENV, "SAMARA_JULIA_STARTED")
    # A string of its own: Julia 1.5 frees a literal of this code with the code.
    here = string(@__DIR__, "/")
    push!(LOAD_PATH, here)
    # Compiled once, beside the module where that may be written to.
    depot = joinpath(here, "depot")
    try
        mkpath(depot)
        touch(joinpath(depot, "lock"))
        insert!(DEPOT_PATH, haskey(ENV, "JULIA_PROJECT") ? length(DEPOT_PATH) + 1 : 1, depot)
    catch
    end
end

import Samara
# Julia out of a prefix brings libraries of its own, which the Julia that has just compiled the module
# needs as well; programs that functions start have theirs.
haskey(ENV, "SAMARA_JULIA_LIBRARIES") && delete!(ENV, "LD_LIBRARY_PATH")
exit_code = Samara.main(ARGS)
flush(Base.stdout)
flush(Base.stderr)
ccall(:_exit, Cvoid, (Cint,), exit_code)
