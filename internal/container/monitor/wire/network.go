package wire

import (
	"bantam/internal/network"
	"bantam/internal/statefile"
)

// NetworkRequest connects a container that runs to a network, or disconnects it. Its record says
// so already.
type NetworkRequest struct {
	Leave bool
	network.Attachment
}

func (r *NetworkRequest) members(f *statefile.Fields) {
	f.Flag("Leave", &r.Leave)
	f.Object("Attachment", r.Attachment.Members)
}

// Encode makes the body of a KindNetwork message.
func (r *NetworkRequest) Encode() []byte { return statefile.Encode(r.members) }

// DecodeNetwork reads it.
func DecodeNetwork(b []byte) (*NetworkRequest, error) {
	r := new(NetworkRequest)
	return r, statefile.Decode(b, r.members)
}
