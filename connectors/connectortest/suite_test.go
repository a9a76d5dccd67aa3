package connectortest_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"tongdai/connectors/connectortest"
)

// mutantVariable names the mutant in the environment of a child process.
const mutantVariable = "CONNECTORTEST_MUTANT"

func TestASoundConnectorPasses(t *testing.T) { connectortest.Run(t, toyHarness("")) }

// TestMutant is what a child process runs: the suite on a connector that breaks
// a promise. It is red by design, so without a mutant it does nothing.
func TestMutant(t *testing.T) {
	mutant := os.Getenv(mutantVariable)
	if mutant == "" {
		t.Skip("run by TestTheSuiteCatches in a process of its own")
	}
	connectortest.Run(t, toyHarness(mutant))
}

// A suite that nothing fails proves nothing: every mutant must be caught, and
// by the promise that it breaks.
func TestTheSuiteCatches(t *testing.T) {
	for _, tt := range []struct{ mutant, by string }{
		{"limits contradict themselves", "limits make sense"},

		{"lets everybody in", "signatures/a signature that is not genuine is refused/one byte changed"},
		{"lets the unsigned in", "signatures/a signature that is not genuine is refused/none"},
		{"takes the first of two signatures", "signatures/a signature that is not genuine is refused/twice, one wrong"},
		{"takes the last of two signatures", "signatures/a signature that is not genuine is refused/twice, wrong one first"},
		{"does not care for case", "signatures/a signature that is not genuine is refused/in capitals"},
		{"trims blanks out of signatures", "signatures/a signature that is not genuine is refused/a blank inside"},
		{"compares the beginning", "signatures/a signature that is not genuine is refused/cut short"},
		{"signs the trimmed body", "signatures/a signature belongs to its body/a blank at its end"},
		{"signs the first third", "signatures/a signature belongs to its body/its last byte changed"},
		{"knows another key", "signatures/what the platform's scheme invites is refused/with another channel's key"},
		{"remembers keys by itself", "signatures/a genuine report sent again is acknowledged and has the same key"},
		{"makes keys of the clock", "signatures/a genuine report sent again is acknowledged and has the same key"},
		{"reads any body", "signatures/a body over the limit is answered 413"},

		{"does not keep raw bytes", "receiving/what was said arrives with who, when and its raw bytes"},
		{"keeps ids as floats", "receiving/two messages have two keys, and two people are two"},
		{"makes keys of texts", "receiving/two messages have two keys, and two people are two"},
		{"tells its own time", "receiving/what comes out of order keeps its own time"},
		{"takes the first of a batch", "receiving/a batch arrives whole"},
		{"stops at what it does not understand", "receiving/one odd thing in a batch keeps the others from nothing"},
		{"takes echoes for words of the citizen", "receiving/every kind of report is told as what it is/echo"},
		{"forgets which message was seen", "receiving/every kind of report is told as what it is/seen"},
		{"takes unknown kinds for words", "receiving/an unknown kind is acknowledged, and told as trouble"},
		{"refuses what it does not understand", "receiving/what is signed and makes no sense is acknowledged, and told as trouble"},
		{"swallows what it does not understand", "receiving/an unknown kind is acknowledged, and told as trouble"},
		{"tells no trouble", "receiving/what is signed and makes no sense is acknowledged, and told as trouble"},
		{"acknowledges what was not kept", "receiving/while the hub cannot keep anything the answer is 503, and the resend is taken"},
		{"acknowledges first", "receiving/nothing is acknowledged before Receive has returned"},
		{"receives in the background", "receiving/nothing is acknowledged before Receive has returned"},

		{"cleans texts", "characters/odd characters arrive as they are/NUL"},
		{"cuts long texts", "characters/a text of a megabyte arrives whole or is answered 413"},

		{"fetches once", "polling/what could not be kept is fetched again"},

		{"cuts texts", "sending/a long text is split at the platform's limit, between words, in order"},
		{"cuts words", "sending/a long text is split at the platform's limit, between words, in order"},
		{"sends parts backwards", "sending/a long text is split at the platform's limit, between words, in order"},
		{"sends too long texts", "sending/a long text is split at the platform's limit, between words, in order"},
		{"names one part only", "sending/a long text is split at the platform's limit, between words, in order"},
		{"drops links", "sending/links and places are shown, or written out"},
		{"drops files", "sending/a file that cannot be sent is refused with a reason, or named, never dropped"},
		{"does not quote", "sending/what is quoted is named"},
		{"sends nothing as something", "sending/nothing is sent that says nothing"},
		{"sends for those who left", "sending/with a context that has ended nothing is sent"},
		{"sends no words twice", "sending/other keys are other messages, whatever they say"},

		{"drops the last choices", "choices/more choices than there are buttons are all shown"},
		{"drops choices that do not fit", "choices/more choices than there are buttons are all shown"},
		{"cuts labels", "choices/a label longer than a button is shown whole"},
		{"numbers the buttons", "choices/a pressed choice comes back with the hub's value"},
		{"takes typed numbers for pressed ones", "choices/a choice that is typed is told by its number, a word or its label"},

		{"never doubts", "failing/every fault of the transport has its kind/an answer that is cut after the message was taken"},
		{"doubts what never left", "failing/a platform that is not there is worth another try"},
		{"believes every 200", "failing/every refusal of the platform has its kind/the window is closed"},
		{"does not know of windows", "failing/every refusal of the platform has its kind/the window is closed"},
		{"gives up when the platform is down", "failing/every fault of the transport has its kind/500"},
		{"gives up when it is too fast", "failing/429 without a time is rate limited too"},
		{"comes again at once", "failing/429 is rate limited for as long as the platform says"},
		{"has no words for people", "failing/every refusal of the platform has its kind/the token is dead"},
		{"follows redirects", "failing/a redirect is not followed"},
		{"tells its token", "failing/every refusal of the platform has its kind/a parameter"},

		{"invents people", "asking/the platform tells who somebody is"},
		{"is always well", "asking/a sound account is in good health, a spoilt one says in Vietnamese what to do"},
		{"fetches half", "fetching/a citizen's file is fetched and kept"},
		{"tries for ever to fetch", "fetching/a file the platform has no more is gone for good, and people are told"},
		{"tells where files lie", "fetching/a file the platform has no more is gone for good, and people are told"},
		{"fetches from anywhere", "fetching/nothing is fetched from inside our own network"},
	} {
		t.Run(tt.mutant, func(t *testing.T) {
			t.Parallel()
			verdict := try(t, tt.mutant, tt.by)
			name := strings.ReplaceAll("TestMutant/"+tt.by, " ", "_")
			if !strings.Contains(verdict, "--- FAIL: "+name+" (") {
				t.Errorf("a connector that %s is not caught by %q; the suite says:\n%s", tt.mutant, tt.by, verdict)
			}
		})
	}
}

// try runs one promise on a mutant, in a process of its own, and returns what
// the suite says.
func try(t *testing.T, mutant, promise string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var pattern []string
	for _, part := range strings.Split(promise, "/") {
		pattern = append(pattern, "^"+strings.ReplaceAll(part, " ", "_")+"$")
	}
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestMutant$/"+strings.Join(pattern, "/"), "-test.v")
	child.Env = append(os.Environ(), mutantVariable+"="+mutant)
	said, err := child.CombinedOutput()
	if err == nil {
		return "PASS\n" + string(said)
	}
	return string(said)
}
