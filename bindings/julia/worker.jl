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

# Two workers that start for the first time would both compile the module, which takes long: one does,
# and the other waits for what it makes. Where it is compiled already nobody waits.
compiling = let here = joinpath(string(@__DIR__, "/"), "src"), cache = joinpath("compiled", "v$(VERSION.major).$(VERSION.minor)", "Samara")
    changed = maximum(mtime(joinpath(here, name)) for name in readdir(here))
    folders = [joinpath(depot, cache) for depot in DEPOT_PATH]
    ready = any(folder -> isdir(folder) && any(name -> mtime(joinpath(folder, name)) > changed, readdir(folder)), folders)
    try
        ready ? nothing : (mkpath(DEPOT_PATH[1]); open(joinpath(DEPOT_PATH[1], "samara.lock"), "w"))
    catch
        nothing # nothing can be kept there either
    end
end
compiling === nothing || ccall(:flock, Cint, (Cint, Cint), fd(compiling), 2)
import Samara
compiling === nothing || close(compiling)
# Julia out of a prefix brings libraries of its own, which the Julia that has just compiled the module
# needs as well; programs that functions start have theirs.
haskey(ENV, "SAMARA_JULIA_LIBRARIES") && delete!(ENV, "LD_LIBRARY_PATH")
exit_code = Samara.main(ARGS)
flush(Base.stdout)
flush(Base.stderr)
ccall(:_exit, Cvoid, (Cint,), exit_code)
