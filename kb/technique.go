package kb

// technique is one of the ways by which a question finds its entry.
type technique uint16

const (
	abbreviations technique = 1 << iota
	keystrokes
	splitting
	courtesies
	phrases   // that stand for one another, of both tables
	thesaurus // only those of the thesaurus
)

// off are the techniques that a measurement does without, to see what each brings
// (TestAblation). In the hub there are none.
var off technique

func without(t technique) bool { return off&t != 0 }
