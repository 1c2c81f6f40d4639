/* course.yaml, git: whose commits are passed over. */
#include "grader/course/course_parts.h"

#define PATTERN_BYTES_MOST 100

void course_git_defaults(struct arena *arena, struct course_git *git)
{
    struct str *bots = arena_array(arena, struct str, 1);
    int *lines = arena_array(arena, int, 1);
    bots[0] = S("*[bot]");
    git->ignore_authors = (struct str_list){ .at = bots, .lines = lines, .count = 1 };
}

bool course_author_pattern(struct str pattern)
{
    bool some = false;
    for (size_t i = 0; i < pattern.len; i++) {
        if ((unsigned char)pattern.at[i] < ' ')
            return false;
        some |= pattern.at[i] != '*' && pattern.at[i] != ' ';
    }
    return some && pattern.len <= PATTERN_BYTES_MOST;
}

static bool fits(struct str pattern, struct str text)
{
    size_t star = SIZE_MAX, resume = 0, p = 0, t = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.at[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.len && pattern.at[p] == text.at[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.at[p] == '*')
        p++;
    return p == pattern.len;
}

bool course_git_ignores(const struct course_git *git, struct str person)
{
    size_t at;
    struct str name = person, email = S("");
    if (person.len && str_find(person, '<', &at)) {
        name = str_trim(str_until(person, at));
        email = str_from(person, at + 1);
        email = email.len ? str_until(email, email.len - 1) : email;
    }
    for (size_t i = 0; person.len && i < git->ignore_authors.count; i++)
        if (fits(git->ignore_authors.at[i], name) || fits(git->ignore_authors.at[i], email) ||
            fits(git->ignore_authors.at[i], person))
            return true;
    return false;
}
