"""
Values, functions and calls of a Samara repository, from Julia; and the worker that runs functions
written in Julia. docs/guide/julia.md has the whole story.

    using Samara
    repo = Repository()
    id = put(repo, [1.0, 2.0]; name="inputs/table")
    run(repo, "mean", id)
"""
module Samara

# The work is done in the library: code here should be ready soon rather than run fast.
if isdefined(Base, :Experimental) && isdefined(Base.Experimental, Symbol("@optlevel"))
    @eval Base.Experimental.@optlevel 1
end

import Dates
using Dates: DateTime
import Libdl
import LinearAlgebra
import SHA

export Repository, EastType, Variant, Id, Result, EastError, TypeMismatch
export put, get_text, call, result, cancelled, add, add_script, functions, resolve, set_ref, type_of, why,
    signature, platform, @platform, encode, decode, easttype

include("library.jl")
include("errors.jl")
include("types.jl")
include("encode.jl")
include("decode.jl")
include("events.jl")
include("repository.jl")
include("platform.jl")
include("request.jl")
include("environment.jl")
include("worker.jl")
include("warm.jl")

function __init__()
    load_library()
    on_upcall[] = answer_upcall
end

end
