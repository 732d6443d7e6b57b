# Where the module is, as a worker finds it.
push!(LOAD_PATH, ENV["SAMARA_JULIA_PACKAGE"])
pushfirst!(DEPOT_PATH, joinpath(ENV["SAMARA_JULIA_PACKAGE"], "depot"))
using Dates, Samara, Test

const FOLDER = ENV["SAMARA_TEST_FOLDER"]
fresh(name) = Samara.init(joinpath(FOLDER, name))

said(work) = try
    work()
    "nothing was thrown"
catch error
    error isa Samara.Error ? error.message : sprint(showerror, error)
end
