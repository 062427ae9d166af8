#pragma once

#include "transport/rpc.h"

namespace sallyport::transport {

// Puts gRPC server reflection (grpc.reflection.v1alpha.ServerReflection) on the router. Being one of its methods it
// needs an identity that the policies permit, like every other. It describes the services of `router` that exist when
// it is asked, and what those services use. `router` outlives its calls.
void AddReflection(Router& router);

}  // namespace sallyport::transport
