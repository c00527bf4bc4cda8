package result

// Question is something that only the person at the client can answer. A result
// that has questions is no outcome: the call is made again, from its start, with
// the answers. Nothing of what a question says may be a secret.
type Question struct {
	// ID names the question within the call and stands for all that the answer is
	// good for: who asks the same with the same ID takes the old answer.
	ID      string
	Message string
	// URL asks the person to open an address, http or https, that holds no user
	// data and is not signed in to anything. Empty: the question is a form.
	URL string
	// Confirm makes the form one box to tick. Without it the form is empty, and
	// to accept is the answer.
	Confirm bool
}

// What a person does with a question.
const (
	Accept  = "accept"
	Decline = "decline"
	Cancel  = "cancel" // dismissed, or not answered at all
)

// Answer is what became of a question.
type Answer struct {
	Action    string `json:"action"` // Accept, Decline or Cancel
	Confirmed bool   `json:"confirmed,omitempty"`
}

// Mask replaces every credential in what the person reads. The address is left as it
// is: it would lead elsewhere.
func (q *Question) Mask(mask func(string) string) { q.Message = mask(q.Message) }
