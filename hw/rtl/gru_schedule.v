// gru_schedule - what the gate pipeline does in each of the 12 phases of a round, for GRU units
//
// One unit enters per round and takes 41 cycles c = 0..40 from its first psum row to its new h, so
// four units are under way at once, `age` rounds apart: cycle c of a unit is phase c % 12 at age c
// / 12. No two actions of one phase share a resource. The outputs are registered, so actions come
// one cycle after their phase. What nothing takes up may happen at any age.
//
//     c   psum row   product in   product out, sum            squashed        results
//         and scale
//     1   x_r
//     3   h_r         2  x_r
//     5   h_n         4  h_r
//     7   x_n         6  h_n
//     9   x_z         8  x_n
//    11   h_z        10  x_z      10 sum = b_r + S(x_r)
//                    12  h_z      12 sum += S(h_r)
//                                 14 sum = b_hn + S(h_n)       14 in: r
//                                 16 sum = b_xn + S(x_n)       16 out: r_q     16 hn_q = pre
//                    17  t        18 sum = b_z + S(x_z)                        18 xn_q = pre
//                                 20 sum += S(h_z)             22 in: z
//                                                              24 out: z_q
//                                 25 sum = xn_q + t            27 in: n
//                                                              29 out: n_q     29 d_q = h16 - 256 n
//                    31  z d      39 h16' = 256 n_q + z d                      40 write h16', h8'
//
// pre = sat16(sum) one cycle after the sum; it is what is squashed.

`default_nettype none

module gru_schedule (
    input  wire       clk,
    input  wire [3:0] phase,
    input  wire [3:0] age,           // age[a]: the unit that is a rounds old is a unit
    output wire       read_h,        // not registered: the psum row to read next is of part H,
    output wire [1:0] read_gate,     // and of gate 0 r, 1 z, 2 n
    output reg        read,          // it is read, and a word of scales
    output reg        product_t,     // the product unit takes r * hn_q / 256,
    output reg        product_z,     // or z * d_q / 256; else a row with its scale
    output reg        bias_taken,
    output reg        sum_bias,      // sum <- bias + product,
    output reg        sum_more,      // or sum + product,
    output reg        sum_t,         // or xn_q + product
    output reg        squash_sigmoid,
    output reg        load_r,
    output reg        load_z,
    output reg        load_hn,
    output reg        load_xn,
    output reg        load_n,        // n_q, d_q
    output reg        state_taken,
    output reg        load_state,    // h16' from the product
    output reg        write_state    // h16' and h8' to the memories
);

    assign read_h = phase == 4'd3 || phase == 4'd5 || phase == 4'd11;
    assign read_gate = phase == 4'd5 || phase == 4'd7 ? 2'd2
                     : phase == 4'd9 || phase == 4'd11 ? 2'd1 : 2'd0;

    always @(posedge clk) begin
        read <= phase[0] && age[0];
        product_t <= phase == 4'd5;
        product_z <= phase == 4'd7;

        sum_bias <= phase == 4'd10 || phase == 4'd2 || phase == 4'd4 || phase == 4'd6;
        bias_taken <= phase == 4'd10 ? age[0]
                    : (phase == 4'd2 || phase == 4'd4 || phase == 4'd6) && age[1];
        sum_more <= phase == 4'd0 || phase == 4'd8;
        sum_t <= phase == 4'd1;
        squash_sigmoid <= phase == 4'd2 || phase == 4'd10;

        load_r <= phase == 4'd4;
        load_hn <= phase == 4'd4;
        load_xn <= phase == 4'd6;
        load_z <= phase == 4'd0;
        load_n <= phase == 4'd5;
        state_taken <= phase == 4'd5 && age[2];
        load_state <= phase == 4'd3;
        write_state <= phase == 4'd4 && age[3];
    end

endmodule

`default_nettype wire
