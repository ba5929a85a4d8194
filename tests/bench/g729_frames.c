/* tests/bench/g729_frames.c: encodes 8 kHz samples of 16 bits from standard input as G.729: each
 * frame as its size in one byte and its bytes. usage: g729_frames 0|1 (silence suppression) */
#include <bcg729/encoder.h>
#include <stdint.h>
#include <stdio.h>

enum { FRAME_SAMPLES = 80, FRAME_BYTES = 10 };

int main(int argc, char **argv)
{
    int16_t samples[FRAME_SAMPLES];
    bcg729EncoderChannelContextStruct *encoder =
        initBcg729EncoderChannel(argc > 1 && argv[1][0] == '1');
    while (encoder != NULL && fread(samples, sizeof samples, 1, stdin) == 1) {
        uint8_t frame[FRAME_BYTES] = { 0 };
        uint8_t size = 0;
        bcg729Encoder(encoder, samples, frame, &size);
        putchar(size);
        fwrite(frame, 1, size, stdout);
    }
    if (encoder == NULL || fflush(stdout) != 0) {
        return 1;
    }
    closeBcg729EncoderChannel(encoder);
    return 0;
}
