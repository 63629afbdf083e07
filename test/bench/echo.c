// Sends back every datagram that reaches one of its ports: `echo FIRST_PORT COUNT`. Says `listening` once it does.
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
  if (argc != 3) return fprintf(stderr, "usage: echo FIRST_PORT COUNT\n"), 64;
  int first = atoi(argv[1]), count = atoi(argv[2]), ready = epoll_create1(0);
  for (int port = first; port < first + count; port++) {
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (s < 0 || bind(s, (struct sockaddr *)&here, sizeof here) < 0) return perror("echo: bind"), 71;
    epoll_ctl(ready, EPOLL_CTL_ADD, s, &(struct epoll_event){.events = EPOLLIN, .data.fd = s});
  }
  puts("listening");
  fflush(stdout);
  for (;;) {
    struct epoll_event event;
    if (epoll_wait(ready, &event, 1, -1) != 1) continue;
    char text[64];
    struct sockaddr_in from;
    socklen_t size = sizeof from;
    ssize_t length = recvfrom(event.data.fd, text, sizeof text, 0, (struct sockaddr *)&from, &size);
    if (length >= 0) sendto(event.data.fd, text, length, 0, (struct sockaddr *)&from, size);
  }
}
