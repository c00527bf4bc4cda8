package search

import "strings"

// otherMethod stands for a method that is none of HTTP's usual ones, or none.
const otherMethod = 'X'

// methodLetter returns the letter that stands for a method.
func methodLetter(method string) byte {
	switch strings.ToUpper(method) {
	case "GET", "HEAD", "OPTIONS", "QUERY":
		return 'G'
	case "POST":
		return 'P'
	case "PUT":
		return 'U'
	case "PATCH":
		return 'A'
	case "DELETE":
		return 'D'
	}
	return otherMethod
}

// suit is how well methods suit an intent: for a path that ends with a name, and
// for one that ends with a parameter.
type suit struct{ get, post, put, patch, remove [2]float64 }

// suits are the hints of [suits], by intent.
var suitOf = [...]suit{
	noIntent: {get: [2]float64{1, 1}, post: [2]float64{1, 1}, put: [2]float64{1, 1}, patch: [2]float64{1, 1}, remove: [2]float64{1, 1}},
	toRead:   {get: [2]float64{1, 1}, post: [2]float64{0.55, 0.5}, put: [2]float64{0.5, 0.5}, patch: [2]float64{0.5, 0.5}, remove: [2]float64{0.5, 0.5}},
	toList:   {get: [2]float64{1, 0.75}, post: [2]float64{0.5, 0.45}, put: [2]float64{0.45, 0.45}, patch: [2]float64{0.45, 0.45}, remove: [2]float64{0.45, 0.45}},
	toGet:    {get: [2]float64{0.95, 1}, post: [2]float64{0.65, 0.6}, put: [2]float64{0.45, 0.45}, patch: [2]float64{0.45, 0.45}, remove: [2]float64{0.45, 0.45}},
	toCreate: {get: [2]float64{0.45, 0.4}, post: [2]float64{1, 0.85}, put: [2]float64{0.8, 0.85}, patch: [2]float64{0.6, 0.6}, remove: [2]float64{0.4, 0.4}},
	toUpdate: {get: [2]float64{0.45, 0.4}, post: [2]float64{0.75, 0.9}, put: [2]float64{0.95, 1}, patch: [2]float64{0.95, 1}, remove: [2]float64{0.4, 0.4}},
	toRemove: {get: [2]float64{0.4, 0.4}, post: [2]float64{0.7, 0.5}, put: [2]float64{0.65, 0.5}, patch: [2]float64{0.5, 0.5}, remove: [2]float64{0.95, 1}},
	toAct:    {get: [2]float64{0.5, 0.45}, post: [2]float64{1, 0.9}, put: [2]float64{1, 0.95}, patch: [2]float64{0.9, 0.95}, remove: [2]float64{0.6, 0.6}},
}

// suits returns how well method and path of an entry suit what the query wants.
func suits(i intent, s shape) float64 {
	item := 0
	if s.flags&flagItem != 0 {
		item = 1
	}
	hint := &suitOf[i]
	switch {
	case s.method == 'G' || s.flags&flagReadOnly != 0:
		return hint.get[item]
	case s.method == 'P':
		return hint.post[item]
	case s.method == 'U':
		return hint.put[item]
	case s.method == 'A':
		return hint.patch[item]
	case s.method == 'D':
		return hint.remove[item]
	}
	return 0.8
}
