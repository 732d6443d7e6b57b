# Platform functions of the worker under test.
using Samara, LinearAlgebra

@platform effect="pure" jl_norm(xs::Vector{Float64})::Float64 = norm(xs)

@platform "jl_fail" effect="pure" function failing(n::Int)::Int
    n == 0 && error("nothing is inverse to 0")
    return deeper(n)
end
deeper(n) = sqrt(-n)

platform(n -> n, "jl_wrong", [Int], String; effect="pure")

@platform effect="pure" function jl_talk(text::String)::Nothing
    println("heard ", text)
    print(stderr, "no end of line")
    return nothing
end

@platform effect="pure" jl_matrix(m::Matrix{Float64})::Matrix{Float64} = m * m

@platform effect="pure" jl_deep(n::Int)::Int = recurse(n)
recurse(n) = n == 0 ? 0 : 1 + recurse(n - 1) + 0 * length(string(n))

# Its own depth in calls, each of which waits for the next.
@platform effect="pure" function jl_chain(n::Int)::Int
    n == 0 ? 0 : 1 + run(Repository(), "chain", n - 1)
end

@platform effect="pure" function jl_fan(n::Int)::Int
    repo = Repository()
    tasks = [call(repo, "plus_one", i) for i in 1:n]
    return sum(fetch, tasks)
end

@platform effect="pure" jl_plus_one(n::Int)::Int = n + 1

@platform effect="effectful" function jl_sleep(mark::String)::Int
    try
        sleep(100)
    catch error
        error isa InterruptException && write(mark, "interrupted")
        rethrow()
    end
    return 0
end

@platform effect="pure" function jl_garbage(n::Int)::Int
    kept = [rand(1000) for _ in 1:n]
    GC.gc(false)
    return length(kept)
end

@platform effect="pure" jl_child(word::String)::String =
    read(`sh -c "echo $word; env | grep LD_LIBRARY_PATH; true"`, String)

@platform effect="pure" jl_fails_inside(n::Int)::Int = run(Repository(), "broken", n)

@platform effect="pure" jl_pid(n::Int)::Int = getpid()

# Starts calls that end never, and does not wait for them.
@platform effect="pure" function jl_forget(n::Int)::Int
    repo = Repository()
    tasks = [call(repo, "endless", i) for i in 1:abs(n)]
    sleep(0.2)
    n < 0 && error("forgotten")
    return n
end
