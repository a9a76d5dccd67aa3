package messengersim

import (
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strings"

	"tongdai/connectors/simulator"
)

// wall is what the page shows that looks like a post with comments.
type wall struct {
	Page     Page
	Posts    []Post
	Post     Post
	Name     string
	Query    template.URL
	Comments []shownComment
	Count    int
}

// shownComment is a comment with its answers.
type shownComment struct {
	Comment
	Own     bool
	Answers []shownComment
	Query   template.URL
}

// firstPost is what there is to comment on before anything was published.
const firstPost = "Tổng đài 1022 tiếp nhận phản ánh của người dân 24/7. Anh/chị cần hỏi gì, mời bình luận hoặc nhắn tin cho trang."

func (s *Sim) getPost(w http.ResponseWriter, r *http.Request) {
	v, ok := s.wall(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	simulator.Render(w, s.cfg.Logger, looks, "post.html", v)
}

func (s *Sim) getPostComments(w http.ResponseWriter, r *http.Request) {
	v, ok := s.wall(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	simulator.Render(w, s.cfg.Logger, looks, "comments.html", v)
}

// wall finds the post that is asked for: the latest of the page where none is
// named. A page without any gets one.
func (s *Sim) wall(r *http.Request) (wall, bool) {
	wanted := r.FormValue("post")
	page, ok := s.page(r.FormValue("page"))
	if id, _, found := strings.Cut(wanted, "_"); found && r.FormValue("page") == "" {
		page, ok = s.page(id)
	}
	if !ok {
		return wall{}, false
	}
	posts := s.Posts(page.ID)
	if len(posts) == 0 {
		s.Publish(page.ID, firstPost)
		posts = s.Posts(page.ID)
	}
	v := wall{Page: page, Posts: posts, Post: posts[0], Name: first(strings.TrimSpace(r.FormValue("name")), simulator.DefaultName)}
	for _, p := range posts {
		if p.ID == wanted {
			v.Post = p
		}
	}
	v.Query = template.URL(url.Values{"page": {page.ID}, "post": {v.Post.ID}, "name": {v.Name}}.Encode())
	v.Comments, v.Count = s.thread(v)
	return v, true
}

// thread are the comments as this person sees them: what is hidden is shown to
// whoever wrote it alone.
func (s *Sim) thread(v wall) (tops []shownComment, count int) {
	me := person(v.Page.ID, v.Name)
	place := map[string]int{}
	for _, c := range s.Comments(v.Post.ID) {
		if c.Removed || c.Hidden && c.User != me {
			continue
		}
		count++
		shown := shownComment{Comment: c, Own: c.User == me, Query: v.Query}
		if c.Parent == "" {
			place[c.ID] = len(tops)
			tops = append(tops, shown)
			continue
		}
		if i, there := place[c.Parent]; there {
			tops[i].Answers = append(tops[i].Answers, shown)
		}
	}
	return tops, count
}

// postPost is what somebody does below the post.
func (s *Sim) postPost(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxPhoneFile)
	v, ok := s.wall(r)
	if !ok {
		http.Error(w, "Không có bài viết này.", http.StatusNotFound)
		return
	}
	text, id := strings.TrimSpace(r.FormValue("text")), r.FormValue("comment")
	switch action := r.PathValue("action"); {
	case action == "add":
		photo, err := s.photo(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if text != "" || photo != "" {
			s.Comment(Comment{Post: v.Post.ID, Parent: id, Name: v.Name, Text: text, Photo: photo, Unnamed: r.FormValue("unnamed") != ""})
		}
	case action == "edit" && text != "":
		s.EditComment(id, text)
	case action == "remove":
		s.RemoveComment(id)
	default:
		http.Error(w, fmt.Sprintf("không có thao tác %q", action), http.StatusBadRequest)
		return
	}
	simulator.Done(w, r, PostPath+"?"+string(v.Query))
}

// photo keeps the picture of a comment; "" when there is none.
func (s *Sim) photo(r *http.Request) (string, error) {
	file, header, err := r.FormFile("file")
	if err != nil || header.Size == 0 {
		return "", nil
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		return "", fmt.Errorf("ảnh bị đứt giữa chừng: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keepMedia(header.Filename, data), nil
}
