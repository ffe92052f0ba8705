package folder

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// ReserveAny draws an adjective and a bird until the pair is free and takes it.
func (s *Store) ReserveAny(id string) (string, error) {
	for try := 0; ; try++ {
		name := draw(adjectives[:]) + "_" + draw(birds[:])
		if try > 5 {
			name += strconv.Itoa(try)
		}
		err := s.Reserve(name, id)
		if _, taken := err.(*NameTaken); !taken {
			return name, err
		}
	}
}

func draw(words []string) string {
	var b [2]byte
	unix.Getrandom(b[:], 0)
	return words[(int(b[0])<<8|int(b[1]))%len(words)]
}

var adjectives = [...]string{
	"amber", "agile", "bold", "brave", "breezy", "bright", "brisk", "busy", "calm", "candid", "cheery",
	"chipper", "clever", "cosy", "crafty", "daring", "dapper", "eager", "early", "earnest", "fair",
	"fearless", "feisty", "festive", "fluffy", "frank", "friendly", "frosty", "gentle", "glad", "golden",
	"grand", "happy", "hardy", "hearty", "honest", "humble", "jaunty", "jolly", "keen", "kind", "lively",
	"loyal", "lucky", "mellow", "merry", "mighty", "modest", "neat", "nimble", "noble", "peppy", "perky",
	"plucky", "polite", "prime", "proud", "quick", "quiet", "ready", "rosy", "rustic", "sandy", "serene",
	"sharp", "shiny", "silver", "sleek", "smart", "snappy", "snug", "speedy", "spry", "steady", "stout",
	"sturdy", "sunny", "swift", "tidy", "tiny", "trusty", "upbeat", "vivid", "warm", "wary", "whimsical",
	"wise", "witty", "zesty",
}

// birds are wild ones and breeds of bantam.
var birds = [...]string{
	"ancona", "araucana", "auk", "avocet", "barbet", "bittern", "bobolink", "brahma", "brambling",
	"bulbul", "bunting", "bustard", "buzzard", "campine", "caracara", "chaffinch", "cochin", "condor",
	"coot", "cormorant", "crane", "creeper", "crow", "cuckoo", "curlew", "dipper", "dorking", "dotterel",
	"dove", "dunlin", "dunnock", "eagle", "egret", "eider", "falcon", "faverolle", "fieldfare", "finch",
	"firecrest", "flicker", "fulmar", "gadwall", "gannet", "godwit", "goldeneye", "goshawk", "grebe",
	"grouse", "gull", "harrier", "heron", "hobby", "hoopoe", "houdan", "ibis", "jackdaw", "jay", "kestrel",
	"kingfisher", "kinglet", "kite", "kiwi", "knot", "lakenvelder", "langshan", "lapwing", "lark",
	"leghorn", "linnet", "loon", "magpie", "mallard", "marans", "martin", "merlin", "minorca", "nightjar",
	"nuthatch", "oriole", "orpington", "osprey", "ouzel", "owl", "oxeye", "partridge", "pelican", "petrel",
	"phoebe", "pigeon", "pintail", "pipit", "plover", "pochard", "polish", "puffin", "quail", "rail",
	"raven", "razorbill", "redpoll", "redstart", "robin", "rook", "rosella", "ruff", "sanderling",
	"sebright", "serama", "serin", "shelduck", "shrike", "silkie", "siskin", "skua", "snipe", "sparrow",
	"starling", "stilt", "stork", "sultan", "sumatra", "swan", "swift", "teal", "tern", "thrush", "treecreeper",
	"turaco", "turnstone", "twite", "vireo", "wagtail", "warbler", "waxwing", "welsummer", "wheatear",
	"whimbrel", "whinchat", "wigeon", "woodcock", "wren", "wryneck", "wyandotte", "yokohama",
}
